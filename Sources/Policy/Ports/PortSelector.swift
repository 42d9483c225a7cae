/// Ports as a policy names them.
public enum PortSelector: Hashable, Sendable {
    /// The base port itself (`gateway` in a policy).
    case gateway
    /// The browser control service's port.
    case control
    /// All ports for Chromium's DevTools protocol, derived and pinned (`cdp` in a policy).
    case cdp
    /// A port that is the same for every profile, 1 to 65535.
    case number(UInt16)

    /// The ports meant, for an instance with `ports`.
    public func ports(in ports: PortSet) -> [UInt16] {
        switch self {
        case .gateway: [ports.gateway]
        case .control: [ports.control]
        case .cdp: ports.allCDP
        case .number(let number): [number]
        }
    }

    /// The ports meant by all of `selectors`, ascending, each once.
    static func ports(of selectors: [PortSelector], in set: PortSet) -> [UInt16] {
        var ports: [UInt16] = []
        for selector in selectors {
            for port in selector.ports(in: set) {
                // Nearly always the end.
                let place = (ports.lastIndex { $0 < port } ?? -1) + 1
                if place == ports.count || ports[place] != port { ports.insert(port, at: place) }
            }
        }
        return ports
    }

    /// Whether `port` is among them.
    func contains(_ port: UInt16, in ports: PortSet) -> Bool {
        switch self {
        case .gateway: port == ports.gateway
        case .control: port == ports.control
        case .cdp: ports.isCDP(port)
        case .number(let number): port == number
        }
    }
}
