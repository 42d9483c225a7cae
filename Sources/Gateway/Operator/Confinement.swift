/// How a gateway's process is confined, told by the program that starts the gateway: the gateway itself does not know, and
/// only passes it on.
public protocol Confinement: Sendable {
    /// Whether the process was started in a sandbox: `sandboxed` in `status`.
    var isSandboxed: Bool { get }
    /// One line about it for a person.
    var summary: String { get }
    /// What can be found out about it now.
    var check: Check { get }
}

/// No confinement: the gateway may do what the program that runs it may do.
public struct Unconfined: Confinement {
    /// No confinement.
    public init() {}

    /// It was started in no sandbox.
    public let isSandboxed = false
    /// Says so.
    public let summary = "none: this gateway may do what the program that runs it may do"
    /// Worth knowing, and no fault.
    public var check: Check { Check(.note, "no sandbox: this gateway may do what the program that runs it may do") }
}
