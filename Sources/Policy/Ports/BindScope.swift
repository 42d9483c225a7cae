/// The addresses a gateway port may be bound on.
public enum BindScope: Hashable, Sendable {
    /// 127.0.0.0/8 and ::1.
    case loopback
    /// Every address of the host.
    case lan
    /// One address, and loopback.
    case address(IPAddress)

    /// The scope a profile file names: `loopback`, `lan` or an address.
    public init?(_ text: String) {
        switch text {
        case "loopback": self = .loopback
        case "lan": self = .lan
        default:
            guard let address = IPAddress(text), !address.isUnspecified else { return nil }
            self = .address(address.unmapped)
        }
    }

    /// Whether a socket may be bound to `address`.
    public func contains(_ address: IPAddress) -> Bool {
        switch self {
        case .loopback: address.isLoopback
        case .lan: true
        case .address(let own): address.isLoopback || address.unmapped == own
        }
    }
}

extension BindScope: CustomStringConvertible {
    /// The scope as a profile file names it.
    public var description: String {
        switch self {
        case .loopback: "loopback"
        case .lan: "lan"
        case .address(let address): address.description
        }
    }
}
