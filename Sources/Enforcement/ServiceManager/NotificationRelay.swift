import Linux
import Policy
import SystemPackage

/// Passes on, as the main process, what the payload tells the service manager (sd_notify(3), NotifyAccess=main).
///
/// One datagram at a time and at a pace: while the manager has no room, or the payload is too fast, what comes waits
/// in the socket.
struct NotificationRelay {
    private let manager: NotificationSocket
    /// The socket that init binds to a path inside. Made outside, so that both hold the same one.
    let inside: FileDescriptor
    private var gate = NotificationGate()
    private var pace = NotificationPace()
    /// What the manager had no room for yet: at most one of the payload's, and the supervisor's own.
    private var outbox: [ServiceNotification] = []

    /// How many datagrams that came before the end are looked at after it.
    private static let lastWords = 64

    init(to manager: NotificationSocket) throws(Errno) {
        self.manager = manager
        inside = try FileDescriptor.unixDatagramSocket()
    }

    /// How long until there is something to do, in microseconds; 0 when datagrams may be taken now.
    func delay(at now: Int64) -> Int64 {
        outbox.isEmpty ? pace.delay(at: now) : NotificationPace.interval
    }

    /// Whether the payload has said that it is ready.
    var isReady: Bool { gate.isReady }

    /// Whether the manager has yet to take something.
    var isHeldUp: Bool { !outbox.isEmpty }

    /// Takes the next datagram of the payload's, if one waits; returns whether one did.
    @discardableResult
    mutating func takeNext() throws(Errno) -> Bool {
        guard let datagram = try inside.receiveDatagram(limit: ServiceNotification.limit) else { return false }
        pace.take(at: MonotonicClock.microseconds)
        if let notification = ServiceNotification(relaying: datagram) { pass(notification) }
        return true
    }

    /// Tells the manager that the payload is being stopped, unless it has been told.
    mutating func stop() { pass(ServiceNotification(.stopping)) }

    /// Tries again to send what the manager had no room for.
    mutating func flush() {
        while let next = outbox.first, manager.send(next) { outbox.removeFirst() }
    }

    /// Takes what the payload said before it ended.
    mutating func finish() throws(Errno) {
        flush()
        for _ in 0..<Self.lastWords where outbox.isEmpty {
            guard try takeNext() else { return }
        }
    }

    /// Closes the supervisor's connection, in a process that is not the supervisor.
    func leave() { manager.discard() }

    private mutating func pass(_ notification: ServiceNotification) {
        guard let notification = gate.pass(notification) else { return }
        outbox.append(notification)
        flush()
    }
}
