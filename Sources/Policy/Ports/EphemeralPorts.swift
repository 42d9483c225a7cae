/// The ports that the kernel gives to sockets that name none (ip(7), ip_local_port_range): a listener there may find
/// its port taken by an outgoing connection.
public struct EphemeralPorts: Equatable, Sendable {
    /// The ports from which the kernel takes them, both ends included.
    public var range: ClosedRange<UInt16>
    /// Ports of the range that the kernel leaves alone (ip_local_reserved_ports).
    public var reserved: [ClosedRange<UInt16>]

    /// Linux's default, 32768 to 60999, none of it reserved.
    public static let usual = EphemeralPorts(range: 32768...60999, reserved: [])

    /// A range with reserved parts.
    public init(range: ClosedRange<UInt16>, reserved: [ClosedRange<UInt16>]) {
        self.range = range
        self.reserved = reserved
    }

    /// Whether the kernel may give `port` away.
    public func contains(_ port: UInt16) -> Bool {
        range.contains(port) && !reserved.contains { $0.contains(port) }
    }

    /// What is to be said when some of the ports of `profile` may be given away, or may be once the range is widened to the
    /// last port, as many hosts do; one sentence, nil when there is nothing to be said.
    public func warning(about ports: PortSet, of profile: ProfileName) -> String? {
        let remedy = "reserve it with net.ipv4.ip_local_reserved_ports, or move the base below the range"
        if let port = first(in: ports) {
            return "port \(port) of \(profile) is in the kernel's ephemeral range \(self): "
                + "an outgoing connection may take it; \(remedy)"
        }
        guard ports.base > range.upperBound, !reserved.contains(where: { $0.contains(ports.base) }) else { return nil }
        return "port \(ports.base) of \(profile) is above the kernel's ephemeral range \(self): "
            + "where that is widened, an outgoing connection may take it; \(remedy)"
    }

    /// The lowest port of `ports` that the kernel may give away; nil when there is none.
    public func first(in ports: PortSet) -> UInt16? {
        guard ports.uses.contains(where: { $0.range.overlaps(range) }) else { return nil }
        return ports.all.first(where: contains)
    }
}

extension EphemeralPorts: CustomStringConvertible {
    /// `32768-60999 without 40000-40110`.
    public var description: String {
        func text(_ range: ClosedRange<UInt16>) -> String {
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }
        let reserved = reserved.map(text).joined(separator: ",")
        return text(range) + (reserved.isEmpty ? "" : " without \(reserved)")
    }
}
