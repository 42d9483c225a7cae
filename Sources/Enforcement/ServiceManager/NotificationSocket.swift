import Linux
public import Policy
public import SystemPackage

/// A connection to the service manager's notification socket (sd_notify(3)).
public struct NotificationSocket: Sendable {
    private let descriptor: FileDescriptor

    /// Connects as whoever this process is now, who may reach the socket where the payload's user could not.
    public init(_ address: NotificationAddress) throws(Errno) {
        descriptor = try FileDescriptor.unixDatagramSocket()
        do throws(Errno) {
            try descriptor.connect(to: address.socketAddress)
        } catch {
            descriptor.discard()
            throw error
        }
    }

    /// Sends `notification`, without waiting; returns false when the manager has no room for it just now. One that
    /// has gone away is told nothing.
    @discardableResult
    public func send(_ notification: ServiceNotification) -> Bool {
        do throws(Errno) {
            try descriptor.sendDatagram(notification.bytes)
            return true
        } catch {
            return error != .resourceTemporarilyUnavailable
        }
    }

    /// Closes this process's end.
    func discard() { descriptor.discard() }
}
