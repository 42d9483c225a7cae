/// Lets through what a service manager still waits for, in one instance's life.
///
/// READY=1 means something once, and once more after each reload; STOPPING=1 once.
public struct NotificationGate: Sendable {
    /// Whether the payload has said that it is ready.
    public private(set) var isReady = false
    private var isReloading = false
    private var isStopping = false

    /// A gate before anything was said.
    public init() {}

    /// What of `notification` is to be passed on; nil when nothing is.
    public mutating func pass(_ notification: ServiceNotification) -> ServiceNotification? {
        var notification = notification
        if notification.assignments.contains(.reloading) { isReloading = true }
        if isReady, !isReloading { notification.assignments.removeAll { $0 == .ready } }
        if isStopping { notification.assignments.removeAll { $0 == .stopping } }
        if notification.assignments.contains(.ready) {
            isReady = true
            isReloading = false
        }
        if notification.assignments.contains(.stopping) { isStopping = true }
        return notification.assignments.isEmpty ? nil : notification
    }
}
