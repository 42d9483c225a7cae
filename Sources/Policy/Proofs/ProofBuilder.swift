/// What a start must prove before the payload runs: made from the same values as the plan.
struct ProofBuilder {
    let request: PlanRequest
    let facts: HostFacts
    let landlock: LandlockRules?
    private(set) var proofs: [Proof] = []

    // asm-generic/errno.h
    private static let notPermitted: Int32 = 1
    private static let noEntry: Int32 = 2
    private static let accessDenied: Int32 = 13
    private static let notDirectory: Int32 = 20
    private static let readOnly: Int32 = 30
    private static let noSystemCall: Int32 = 38
    private static let noProtocol: Int32 = 93
    private static let noFamily: Int32 = 97
    private static let inUse: Int32 = 98
    private static let noAddress: Int32 = 99

    /// How many neighbours are tried; more would not prove more.
    private static let neighbourLimit = 4

    init(request: PlanRequest, facts: HostFacts, landlock: LandlockRules?) {
        self.request = request
        self.facts = facts
        self.landlock = landlock
    }

    mutating func build() {
        addFiles()
        addPorts()
        addConnections()
        addProcesses()
        addPrivileges()
    }

    private mutating func prove(_ guarantee: String, _ act: Proof.Act, _ expected: Int32...) {
        proofs.append(Proof(guarantee, act, expected))
    }

    private mutating func addFiles() {
        let absent = [Self.noEntry, Self.accessDenied, Self.notDirectory]
        for path in request.hiddenPaths + neighbours.compactMap(\.state) {
            proofs.append(Proof("\(path) is not visible", .open(path), absent))
        }
        for path in ["/etc/shadow", "/root", "/boot"].compactMap(AbsolutePath.init)
        where !request.profile.binds.contains(where: { $0.destination.contains(path) || path.contains($0.destination) })
            && !path.contains(request.paths.state) && !path.contains(request.paths.workspace)
            && !path.contains(facts.user.home)
        {
            proofs.append(Proof("\(path) is not visible", .open(path), absent))
        }
        for path in [AbsolutePath.root, .root / "usr", .root / "etc"] {
            // The mount answers before permissions and Landlock do: EACCES would be another layer's work.
            prove("\(path) cannot be written", .makeDirectory(path / ".mazelclaw-proof"), Self.readOnly)
        }
        prove("the state directory can be read", .open(request.paths.state), 0)
        prove("the state directory can be written", .accessForWriting(request.paths.state), 0)
        if !request.paths.state.contains(request.paths.workspace) {
            prove("the workspace can be written", .accessForWriting(request.paths.workspace), 0)
        }
        prove("/dev/null can be written", .openForWriting(.root / "dev/null"), 0)
        guard !request.degradations.contains(.proc) else { return }
        for path in ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"].compactMap(AbsolutePath.init)
        where facts.hasProcRestrictions(request.policy, path) {
            prove("\(path) cannot be written", .openForWriting(path), Self.readOnly, Self.accessDenied, Self.noEntry)
        }
        prove("init's root is shut", .readLink(.root / "proc/1/root"), Self.accessDenied)
    }

    private mutating func addPorts() {
        guard !request.degradations.contains(.broker) else { return }
        let rules = request.portRules
        let ports = request.ports
        func bind(_ transport: Transport, _ address: IPAddress, _ port: UInt16) {
            let place = "\(address) port \(port)/\(transport.rawValue)"
            if rules.decide(bind: transport, to: address, port: port).isAllowed {
                // Somebody may have taken it just now, or the host may lack the address: neither is the rule's doing.
                prove("\(place) can be bound", .bind(transport, address, port), 0, Self.inUse, Self.noAddress)
            } else {
                prove("\(place) cannot be bound", .bind(transport, address, port), Self.accessDenied)
            }
        }
        let any = IPAddress.v4(0)
        for port in [ports.gateway, ports.control, ports.gateway + 1, ports.gateway + 10, 0, 80] {
            bind(.tcp, .loopback4, port)
        }
        for port in [ports.gateway, ports.control, ports.cdp.lowerBound] { bind(.tcp, any, port) }
        bind(.udp, any, 0)
        bind(.udp, any, 5353)
        for neighbour in neighbours {
            bind(.tcp, .loopback4, neighbour.ports.gateway)
            bind(.tcp, .loopback4, neighbour.ports.control)
        }
        prove("no port is listened on unbound", .listenUnbound, Self.accessDenied)
    }

    private mutating func addConnections() {
        guard let landlock else { return }
        if let ports = landlock.connectPorts {
            let own = request.ports
            for port in [own.gateway + 1] + neighbours.flatMap({ [$0.ports.gateway, $0.ports.control] })
            where !ports.contains(port) {
                prove("port \(port)/tcp cannot be connected to", .connect(port), Self.accessDenied)
            }
        }
        if landlock.scopes.contains(.abstractUnixSocket) {
            prove("the host's abstract sockets are out of reach", .connectToSupervisor, Self.notPermitted)
        }
        if landlock.scopes.contains(.signal) {
            prove("init cannot be signalled", .signal(1), Self.notPermitted)
        }
    }

    private mutating func addProcesses() {
        prove("the payload is process 2, below init, in a session of its own", .beProcessTwo, 0)
        prove("init's memory cannot be read", .readMemory(1), Self.notPermitted, Self.noSystemCall)
        prove("nothing can be mounted", .mount, Self.notPermitted, Self.noSystemCall)
        prove("nothing can be unmounted", .unmount(.root / "usr"), Self.notPermitted, Self.noSystemCall)
        prove("no mount namespace can be made", .unshareMounts, Self.notPermitted, Self.noSystemCall)
        prove("no descriptor of the launcher's survives exec", .keepDescriptors, 0)
        prove(
            "the limits hold",
            .exceedLimits(request.policy.limits), 0)
    }

    private mutating func addPrivileges() {
        if !request.degradations.contains(.proc) {
            prove("no capability is left, and no exec grants one", .havePrivileges, 0)
        }
        prove("io_uring is refused", .ioUring, Self.notPermitted, Self.noSystemCall)
        prove("keyrings are out of reach", .keyring, Self.notPermitted, Self.noSystemCall)
        // AF_PACKET, AF_ALG, AF_VSOCK (linux/socket.h).
        for (family, name) in [(17, "AF_PACKET"), (38, "AF_ALG"), (40, "AF_VSOCK")] as [(Int32, String)] {
            prove(
                "\(name) is refused", .socket(family: family), Self.notPermitted, Self.accessDenied, Self.noFamily,
                Self.noProtocol)
        }
    }

    private var neighbours: [Neighbour] { Array(request.neighbours.prefix(Self.neighbourLimit)) }
}

extension HostFacts {
    /// Whether the plan makes `path` read-only or masks it: the policy names it or a directory above, and it exists.
    fileprivate func hasProcRestrictions(_ policy: SandboxPolicy, _ path: AbsolutePath) -> Bool {
        (policy.readonlyPaths + policy.maskedPaths).contains { $0.contains(path) && entry(at: $0) != nil }
    }
}
