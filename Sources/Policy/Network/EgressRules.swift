/// What a sandbox's proxy may connect to: the one set of rules from which it answers, its Landlock ports are made, and
/// `why` explains.
public struct EgressRules: Equatable, Sendable {
    /// The profile's list.
    public var rules: [EgressRule]

    /// A list of what is permitted. A connection needs one of them; an empty list permits nothing.
    public init(_ rules: [EgressRule]) { self.rules = rules }

    /// What is said to one request.
    public enum Decision: Equatable, Sendable {
        case allowed
        /// Nothing in the list stands for that host and port.
        case unlisted
        /// The address is special, and the list does not name it.
        case special(use: String)
    }

    /// Decides about a host by its name. Each address it has is decided about again.
    public func decide(_ name: HostText, _ port: UInt16) -> Decision {
        rules.contains { $0.permits(name, port) } ? .allowed : .unlisted
    }

    /// Decides about an address that was asked for as such.
    public func decide(_ address: IPAddress, _ port: UInt16) -> Decision {
        rules.contains { $0.permits(address, port) } ? .allowed : .unlisted
    }

    /// Decides about an address that a permitted name has: whoever owns the name chooses it (DNS rebinding).
    public func decide(resolved address: IPAddress, _ port: UInt16) -> Decision {
        if decide(address, port) == .allowed { return .allowed }
        return address.specialUse.map(Decision.special) ?? .allowed
    }

    /// The ports that may be connected to, ascending.
    public var ports: [UInt16] {
        var ports: [UInt16] = []
        for rule in rules where !ports.contains(rule.port) { ports.append(rule.port) }
        return ports.sorted()
    }

    /// Whether some hosts are given by name.
    public var haveNames: Bool {
        rules.contains { if case .address = $0.host { false } else { true } }
    }
}
