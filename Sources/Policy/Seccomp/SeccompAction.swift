/// What a filter does with a system call (seccomp(2), SECCOMP_RET_*).
public enum SeccompAction: Hashable, Sendable {
    /// The call is carried out.
    case allow
    /// The call is carried out and logged.
    case log
    /// The call fails with this errno, 1 to 133.
    case errno(UInt16)
    /// The thread gets SIGSYS.
    case trap
    /// The supervisor answers: `bind` and `listen` by the port rules, a new limit on core dumps by leaving it as it is, a
    /// netlink socket by the user namespace of who asks; any other call is refused with EPERM and recorded.
    case notify
    /// The thread ends.
    case killThread
    /// The process ends.
    case killProcess
}

extension SeccompAction {
    /// What a BPF program returns for it: the SECCOMP_RET_* value, with the errno in the lower 16 bits.
    public var returnValue: UInt32 {
        switch self {
        case .allow: 0x7fff_0000
        case .log: 0x7ffc_0000
        case .notify: 0x7fc0_0000
        case .errno(let number): 0x0005_0000 | UInt32(number)
        case .trap: 0x0003_0000
        case .killThread: 0
        case .killProcess: 0x8000_0000
        }
    }

    /// The action a BPF program means by `returnValue`; nil for a value no policy leads to.
    public init?(returnValue: UInt32) {
        switch returnValue {
        case 0x7fff_0000: self = .allow
        case 0x7ffc_0000: self = .log
        case 0x7fc0_0000: self = .notify
        case 0x0005_0001...0x0005_ffff: self = .errno(UInt16(truncatingIfNeeded: returnValue))
        case 0x0003_0000: self = .trap
        case 0: self = .killThread
        case 0x8000_0000: self = .killProcess
        default: return nil
        }
    }

    /// Whether the call is carried out.
    public var permits: Bool { self == .allow || self == .log }

    /// Whether this answer wins against `other`: the order in which the kernel ranks the answers of stacked
    /// filters; of two errors the lower number wins.
    public func outranks(_ other: SeccompAction) -> Bool {
        Int32(bitPattern: returnValue) < Int32(bitPattern: other.returnValue)
    }
}

extension SeccompAction: CustomStringConvertible {
    /// A word or two, as `explain` prints it.
    public var description: String {
        switch self {
        case .allow: "allow"
        case .log: "allow and log"
        case .errno(let number): "errno \(number)"
        case .trap: "SIGSYS"
        case .notify: "ask the supervisor"
        case .killThread: "kill the thread"
        case .killProcess: "kill the process"
        }
    }
}
