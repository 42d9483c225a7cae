/// What the processes of one instance may bind and listen on: the one set of rules from which the broker answers,
/// Landlock's port rules are made, and `why` explains.
public struct PortRules: Equatable, Sendable {
    /// The instance's ports.
    public var ports: PortSet
    /// Which TCP ports may be bound.
    public var tcp: [PortSelector]
    /// Which UDP ports may be bound beside ephemeral ones.
    public var udp: [UInt16]
    /// Where the gateway's port, and ports the policy lists by number, may be bound.
    public var scope: BindScope
    /// Whether port 0 of TCP may be bound on loopback: some gateways probe so whether loopback can be bound.
    public var loopbackProbe: Bool
    /// Whether the abstract names of Unix sockets are those of the host's network (unix(7)), where one name taken is
    /// taken for every program of the host.
    public var sharesAbstractNames: Bool
    /// How many sockets may hold a port at once; nil in a network of the sandbox's own, whose ports nobody else misses.
    public var ceilings: PortCeilings?
    /// The policy file, for remedies.
    public var policyFile: String

    /// The rules of one instance. The policy file is only named in remedies.
    public init(
        ports: PortSet, tcp: [PortSelector], udp: [UInt16], scope: BindScope, loopbackProbe: Bool,
        sharesAbstractNames: Bool,
        ceilings: PortCeilings?, policyFile: String
    ) {
        self.ports = ports
        self.tcp = tcp
        self.udp = udp
        self.scope = scope
        self.loopbackProbe = loopbackProbe
        self.sharesAbstractNames = sharesAbstractNames
        self.ceilings = ceilings
        self.policyFile = policyFile
    }

    /// The TCP ports that may be bound on some address, ascending: what Landlock is told, which sees no addresses.
    public var bindableTCPPorts: [UInt16] { PortSelector.ports(of: tcp, in: ports) }

    /// Decides about bind(2) of an IPv4 or IPv6 socket.
    public func decide(
        bind transport: Transport, to address: IPAddress, port: UInt16, sharingPort: Bool = false
    ) -> PortDecision {
        guard !sharingPort else { return decideSharedPort() }
        switch (transport, port) {
        case (.tcp, 0):
            return loopbackProbe && address.isLoopback ? .allowed(.loopbackProbe) : refuse(.anyPort)
        case (.tcp, _): return decideTCP(address, port)
        case (.udp, 0): return .allowed(.ephemeralUDP)
        case (.udp, _): return udp.contains(port) ? .allowed(.listedUDP) : refuse(.unlistedUDP, port)
        }
    }

    /// Decides about listen(2) of a TCP socket that is bound to `address` and `port`; port 0 for one that is not
    /// bound, to which the kernel would give any port on every address (tcp(7)).
    public func decide(listenOn address: IPAddress, port: UInt16) -> PortDecision {
        guard port != 0 else { return refuse(.unboundListen) }
        let decision = decideTCP(address, port)
        // What is bound to an unassigned loopback port was bound by a probe: no other bind got there.
        if case .refused(.unassigned, _) = decision, loopbackProbe, address.isLoopback {
            return .allowed(.loopbackProbe)
        }
        return decision
    }

    /// Decides about a socket that would share its port with another (SO_REUSEPORT, socket(7)): never.
    public func decideSharedPort() -> PortDecision { refuse(.sharedPort) }

    /// Decides about bind(2) of a Unix socket to an abstract name of the caller's choice. One that the kernel chooses,
    /// for a socket bound to no name at all (autobind, unix(7)), stands in nobody's way.
    public func decideAbstractName() -> PortDecision {
        sharesAbstractNames ? refuse(.hostAbstractName) : .allowed(.abstractName)
    }

    /// Decides about one socket more than `ceilings` has room for: it is refused.
    public func decideOneMore(of transport: Transport) -> PortDecision {
        switch transport {
        case .tcp: refuse(.tooManyListeners)
        case .udp: refuse(.tooManyUDPPorts)
        }
    }

    private func decideTCP(_ address: IPAddress, _ port: UInt16) -> PortDecision {
        guard let selector = tcp.first(where: { $0.contains(port, in: ports) }) else {
            return refuse(.unassigned, port)
        }
        switch selector {
        case .gateway: return scope.contains(address) ? .allowed(.gateway) : refuse(.outsideScope, port)
        case .number: return scope.contains(address) ? .allowed(.listedTCP) : refuse(.outsideScope, port)
        case .control: return address.isLoopback ? .allowed(.control) : refuse(.loopbackOnly, port)
        case .cdp: return address.isLoopback ? .allowed(.cdp) : refuse(.loopbackOnly, port)
        }
    }

    private func refuse(_ rule: PortDecision.Refusal, _ port: UInt16 = 0) -> PortDecision {
        .refused(rule, remedy: remedy(for: rule, port))
    }

    /// What would allow it: the edit, with its place.
    private func remedy(for rule: PortDecision.Refusal, _ port: UInt16) -> String {
        switch rule {
        case .unassigned:
            "use \(ports.gateway), \(ports.control) or \(ports.cdp.lowerBound) to \(ports.cdp.upperBound), or add "
                + "\(port) to \"ports\": {\"bind\"} in \(policyFile)"
        case .outsideScope: "set \"bind\": \"lan\" in the profile, or an address of this host"
        case .loopbackOnly: "bind 127.0.0.1 or ::1; this port is never for other hosts"
        case .anyPort: "bind an assigned port; \"loopbackProbe\": true in the profile allows port 0 on loopback"
        case .unboundListen: "bind an assigned port before listening"
        case .sharedPort: "leave SO_REUSEPORT out: it would let another process share the port"
        case .tooManyUDPPorts: "close some UDP sockets, or raise \"ports\": {\"udpPorts\"} in \(policyFile)"
        case .tooManyListeners: "close some listeners, or raise \"ports\": {\"listeners\"} in \(policyFile)"
        case .hostAbstractName:
            "bind a path in the state directory or /tmp, or set \"network\": \"private\" in the profile: an abstract name "
                + "would be taken from all programs of the host"
        case .unlistedUDP: "bind port 0, or add \(port) to \"udp\": {\"ports\"} in the profile"
        }
    }
}

/// The transports whose ports are decided about.
public enum Transport: String, Sendable {
    case tcp
    case udp
}

/// What the port rules say to one call, and which of them.
public enum PortDecision: Equatable, Sendable {
    /// It may be done.
    case allowed(Permission)
    /// It may not; `remedy` is the edit that would change that.
    case refused(Refusal, remedy: String)

    /// Whether it may be done.
    public var isAllowed: Bool {
        if case .allowed = self { true } else { false }
    }

    /// Why something is allowed.
    public enum Permission: String, Sendable {
        case gateway
        case control
        case cdp
        case listedTCP = "listed-tcp"
        case listedUDP = "listed-udp"
        case ephemeralUDP = "ephemeral-udp"
        case loopbackProbe = "loopback-probe"
        case abstractName = "own-abstract-name"
    }

    /// Why something is refused.
    public enum Refusal: String, Sendable {
        /// The port is not the instance's.
        case unassigned = "unassigned-port"
        /// The gateway's port on an address the profile does not name.
        case outsideScope = "outside-bind-scope"
        /// A control or CDP port on an address that other hosts reach.
        case loopbackOnly = "loopback-only"
        /// TCP port 0.
        case anyPort = "tcp-port-0"
        /// listen(2) before bind(2).
        case unboundListen = "unbound-listen"
        /// SO_REUSEPORT.
        case sharedPort = "shared-port"
        /// An abstract name of a Unix socket, in the host's network.
        case hostAbstractName = "host-abstract-name"
        /// More UDP ports at once than the policy permits.
        case tooManyUDPPorts = "too-many-udp-ports"
        /// More TCP listeners at once than the policy permits.
        case tooManyListeners = "too-many-listeners"
        /// A UDP port the profile does not list.
        case unlistedUDP = "unlisted-udp-port"
    }
}
