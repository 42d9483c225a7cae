/// The TCP ports of one profile, derived from its base port `b`.
///
/// The gateway listens on `b`, browser control on `b + 2`, Chromium's DevTools protocol (CDP) on
/// `b + 11 … b + 110` and on ports the profile pins. Control and CDP ports are for loopback only.
public struct PortSet: Hashable, Sendable {
    /// The base port, which is also the gateway's.
    public let base: UInt16
    /// The derived CDP ports; fewer than 100 when a neighbour's base lies among them.
    public let cdp: ClosedRange<UInt16>
    /// More CDP ports, which the profile lists; ascending, none of them derived.
    public let pinned: [UInt16]

    /// The base ports whose derived ports stay within 1024 … 65535.
    public static let validBases: ClosedRange<UInt16> = 1024...65425
    /// How far apart two bases must be for their sets to share nothing.
    public static let disjointDistance: UInt16 = 111
    /// How far apart two bases must be to be accepted at all.
    ///
    /// From here to `disjointDistance` the sets overlap in CDP ports: the lower set then gives up those from
    /// just below the upper base.
    public static let minimumDistance: UInt16 = 20

    /// The ports of `base`, with the CDP ports in `pinned`; nil when a derived port would leave 1024 … 65535.
    public init?(base: UInt16, pinned: [UInt16] = []) {
        guard Self.validBases.contains(base) else { return nil }
        self.init(base: base, cdp: base + 11...base + 110, pinned: pinned)
    }

    init(base: UInt16, cdp: ClosedRange<UInt16>, pinned: [UInt16]) {
        self.base = base
        self.cdp = cdp
        var more: [UInt16] = []
        for port in pinned.sorted()
        where port != base && port != base + 2 && !cdp.contains(port) && more.last != port { more.append(port) }
        self.pinned = more
    }

    /// The gateway's port: HTTP and WebSocket.
    public var gateway: UInt16 { base }

    /// The browser control service's port.
    public var control: UInt16 { base + 2 }

    /// Every CDP port, derived and pinned, in ascending order.
    public var allCDP: [UInt16] { pinned.isEmpty ? Array(cdp) : (cdp + pinned).sorted() }

    /// Every port, in ascending order.
    public var all: [UInt16] { pinned.isEmpty ? [gateway, control] + cdp : ([gateway, control] + allCDP).sorted() }

    /// The ports by what they are for, in no order.
    public var uses: [(use: Use, range: ClosedRange<UInt16>)] {
        [(.gateway, gateway...gateway), (.control, control...control), (.cdp, cdp)] + pinned.map { (.cdp, $0...$0) }
    }

    /// What an instance does with a port.
    public enum Use: String, Sendable {
        case gateway
        case control
        case cdp
    }

    /// Whether `port` is for Chromium's DevTools protocol.
    public func isCDP(_ port: UInt16) -> Bool { cdp.contains(port) || pinned.contains(port) }

    /// Whether `port` belongs to the set.
    public func contains(_ port: UInt16) -> Bool {
        port == gateway || port == control || isCDP(port)
    }

    /// The lowest port that is also one of `other`'s; nil when the sets are disjoint.
    public func sharedPort(with other: PortSet) -> UInt16? {
        var lowest: UInt16?
        func note(_ port: UInt16) { lowest = min(lowest ?? port, port) }
        for port in [gateway, control] + pinned where other.contains(port) { note(port) }
        for port in [other.gateway, other.control] + other.pinned where contains(port) { note(port) }
        if cdp.overlaps(other.cdp) { note(max(cdp.lowerBound, other.cdp.lowerBound)) }
        return lowest
    }

    /// This set with its CDP range ending below `neighbour`, when that base lies among the CDP ports.
    ///
    /// The neighbour must be at least `minimumDistance` away.
    public func carved(below neighbour: UInt16) -> PortSet {
        guard cdp.contains(neighbour) else { return self }
        precondition(neighbour >= base + Self.minimumDistance, "closer bases are refused")
        return PortSet(base: base, cdp: cdp.lowerBound...neighbour - 1, pinned: pinned)
    }
}
