import Enforcement
import Glibc
import Linux
import Policy
import SystemPackage

extension ServiceManager {
    /// What a service manager told this process, as far as `arguments` make it a matter of theirs.
    ///
    /// Throws for variables that contradict themselves, the open descriptors or the command line.
    init(for arguments: Arguments) throws(Arguments.Fault) {
        guard arguments.action.concernsServiceManager else {
            self.init()
            return
        }
        do throws(ServiceManagerError) {
            try self.init(processID: OwnProcess.processID, OwnProcess.variable)
        } catch {
            throw Arguments.Fault(message: error.description)
        }
        guard let passed else { return }
        for number in passed.numbers where !FileDescriptor(rawValue: number).isOpen {
            throw Arguments.Fault(
                message: "the variable LISTEN_FDS=\(passed.count): descriptor \(number) is not open; correct it, or "
                    + "unset it where no service manager started this")
        }
        if let status = arguments.statusDescriptor, passed.numbers.contains(status) {
            throw Arguments.Fault(
                message: "--status-fd \(status): that descriptor goes to the payload (LISTEN_FDS=\(passed.count)); "
                    + "give another, from \(passed.numbers.upperBound) on")
        }
    }

    /// Tells the service manager why the command line cannot be followed, where there is one that listens.
    static func tell(_ sentence: String) {
        let address = OwnProcess.variable("NOTIFY_SOCKET").flatMap(NotificationAddress.init)
        // Standard error has the sentence already.
        let socket = address.flatMap { try? NotificationSocket($0) }
        socket?.send(ServiceNotification(.status(sentence)))
    }

    /// Connects to the socket for notifications, where there is one.
    func connect() throws(Arguments.Fault) -> NotificationSocket? {
        guard let notificationAddress else { return nil }
        do throws(Errno) {
            return try NotificationSocket(notificationAddress)
        } catch {
            throw Arguments.Fault(
                message: ServiceManagerError.unreachable(notificationAddress, "\(error.name), \(error)").description)
        }
    }
}
