/// How much is proved.
public enum ProofExtent: Equatable, Sendable {
    /// What every start proves, in few milliseconds.
    case start
    /// All that `verify` tries: each port, mount and neighbour, and each system call that the policy never permits.
    case complete([RefusedCall])
}

/// What a start must prove before the payload runs: made from the same values as the plan.
struct ProofBuilder {
    let request: PlanRequest
    let facts: HostFacts
    let landlock: LandlockRules?
    /// The steps before the proof.
    let steps: [Step]
    private(set) var proofs: [Proof] = []

    // asm-generic/errno.h
    private static let notPermitted: Int32 = 1
    private static let noEntry: Int32 = 2
    private static let accessDenied: Int32 = 13
    private static let notDirectory: Int32 = 20
    private static let readOnly: Int32 = 30
    private static let tooManyFiles: Int32 = 24
    private static let noSystemCall: Int32 = 38
    private static let noProtocol: Int32 = 93
    private static let noFamily: Int32 = 97
    private static let inUse: Int32 = 98
    private static let noAddress: Int32 = 99
    private static let unreachable: Int32 = 101
    private static let refused: Int32 = 111

    /// How many neighbours are tried: each adds to the time of a start, and to the message that tells of it.
    private var neighbourLimit: Int { request.proofs == .start ? 4 : 64 }

    init(request: PlanRequest, facts: HostFacts, landlock: LandlockRules?, steps: [Step]) {
        self.request = request
        self.facts = facts
        self.landlock = landlock
        self.steps = steps
    }

    mutating func build() {
        addFiles()
        addNamespaces()
        addPorts()
        addRoutes()
        addConnections()
        addProcesses()
        addPrivileges()
        if case .complete(let calls) = request.proofs {
            addMounts()
            addEveryPort()
            addSystemCalls(calls)
            addNamespaceLimits()
        }
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
        for case .mountView(let view) in steps
        where (.root / "usr").contains(view.destination) || request.proofs != .start {
            prove("the inodes of \(view.destination) are the sandbox's own", .haveOverlay(view.destination), 0)
        }
        guard request.sibling == nil else { return addOwnPart() }
        prove("the state directory can be read", .open(request.paths.state), 0)
        prove("the state directory can be written", .accessForWriting(request.paths.state), 0)
        let hasOverlay = request.profile.workspaceOverlay != nil
        if hasOverlay {
            prove("what is written to the workspace is thrown away", .haveOverlay(request.paths.workspace), 0)
        }
        if hasOverlay || !request.paths.state.contains(request.paths.workspace) {
            prove("the workspace can be written", .accessForWriting(request.paths.workspace), 0)
        }
        prove("/dev/null can be written", .openForWriting(.root / "dev/null"), 0)
        for path in [request.paths.state, request.paths.workspace]
        where path == request.paths.state || hasOverlay || !request.paths.state.contains(path) {
            prove("\(path) grants no privileges", .haveRestrictions(path, [.noSetUserID, .noDevices]), 0)
        }
        addTemporaries()
    }

    /// Of the state directory a sibling has its part, and what else is there it does not see.
    private mutating func addOwnPart() {
        guard let kind = request.sibling else { return }
        let (state, own) = (request.paths.state, request.paths.state / kind.directory)
        prove("\(own) can be written", .accessForWriting(own), 0)
        prove(
            "\(own) grants no privileges, and nothing in it can be executed",
            .haveRestrictions(own, [.noSetUserID, .noDevices, .noExecution]), 0)
        let isTemporary = request.policy.mounts.contains { mount in
            if case .temporary = mount.source { mount.destination.contains(state) } else { false }
        }
        // The sandbox's own root stands there, with nothing but the mount; or else a directory that is gone at the end.
        if !isTemporary {
            prove("the state directory is not the host's", .makeDirectory(state / ".mazelclaw-proof"), Self.readOnly)
        }
        for path in [request.paths.configuration, request.paths.workspace] {
            prove("\(path) is not visible", .open(path), Self.noEntry, Self.accessDenied, Self.notDirectory)
        }
        addTemporaries()
    }

    private mutating func addTemporaries() {
        for mount in request.policy.mounts {
            guard case .temporary = mount.source else { continue }
            prove(
                "\(mount.destination) grants no privileges", .haveRestrictions(mount.destination, mount.restrictions), 0
            )
        }
        guard !request.degradations.contains(.proc) else { return }
        for path in ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"].compactMap(AbsolutePath.init)
        where facts.hasProcRestrictions(request.policy, path) {
            prove("\(path) cannot be written", .openForWriting(path), Self.readOnly, Self.accessDenied, Self.noEntry)
        }
        prove("init's root is shut", .readLink(.root / "proc/1/root"), Self.accessDenied)
    }

    private mutating func bind(_ transport: Transport, _ address: IPAddress, _ port: UInt16) {
        let place = "\(address) port \(port)/\(transport.rawValue)"
        if request.portRules.decide(bind: transport, to: address, port: port).isAllowed {
            // Somebody may have taken it just now, or the host may lack the address: neither is the rule's doing.
            prove("\(place) can be bound", .bind(transport, address, port), 0, Self.inUse, Self.noAddress)
        } else {
            prove("\(place) cannot be bound", .bind(transport, address, port), Self.accessDenied)
        }
    }

    private mutating func addNamespaces() {
        // The kernel tells of namespaces through /proc.
        guard !request.degradations.contains(.proc) else { return }
        for namespace in Namespace.all(of: request.profile.network) {
            prove("the \(namespace.rawValue) namespace is the sandbox's own", .haveOwnNamespace(namespace), 0)
        }
        prove("the mounts belong to a user namespace the payload is not in", .findOwnerOfMounts, Self.notPermitted)
    }

    private mutating func addPorts() {
        guard !request.degradations.contains(.broker) else { return }
        let ports = request.ports
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

    private mutating func addRoutes() {
        guard request.profile.network.isOwn else { return }
        // Where clouds tell a machine its secrets, and two of the Internet's.
        for text in ["169.254.169.254", "1.1.1.1", "2606:4700:4700::1111"] {
            guard let address = IPAddress(text) else { continue }
            prove("no way leads to \(address)", .findRoute(address), Self.unreachable, Self.noFamily)
        }
        prove("programs inside reach each other", .findRoute(.loopback4), 0)
        guard let proxy = request.proxy else { return }
        prove("the proxy listens", .connect(proxy.port), 0)
        guard proxy.gatewayPort != nil else { return }
        prove(
            "the gateway's socket stays on loopback", .leaveLoopback(request.ports.gateway), Self.notPermitted,
            Self.inUse)
    }

    private mutating func addConnections() {
        guard let landlock else { return }
        if let ports = landlock.connectPorts {
            let own = request.ports
            // A sibling reaches nothing of the instance's own.
            let others = request.sibling == nil ? [] : [own.gateway, own.control, own.cdp.lowerBound]
            for port in [own.gateway + 1] + others + neighbours.flatMap({ [$0.ports.gateway, $0.ports.control] })
            where !ports.contains(port) {
                prove("port \(port)/tcp cannot be connected to", .connect(port), Self.accessDenied)
            }
        }
        // The kernel asks Landlock before it looks for the capability: EPERM would be another layer's work.
        prove("Landlock holds files", .makeDevice(.root / "tmp/.mazelclaw-proof"), Self.accessDenied)
        if landlock.scopes.contains(.abstractUnixSocket) {
            // In a network of its own there is no such socket to begin with.
            let answer = request.profile.network.isOwn ? Self.refused : Self.notPermitted
            prove("the host's abstract sockets are out of reach", .connectToSupervisor, answer)
        }
        if landlock.scopes.contains(.signal) {
            prove("init cannot be signalled", .signal(1), Self.notPermitted)
        }
    }

    private mutating func addProcesses() {
        prove(
            "the payload has user ID \(facts.user.userID) and no other",
            .haveIdentity(userID: facts.user.userID, groupID: facts.user.groupID), 0)
        prove("the payload is process 2, below init, in a session of its own", .beProcessTwo, 0)
        if request.isInteractive, let terminals = request.policy.terminals {
            prove("the terminal is the sandbox's own, and controls the session", .haveTerminal(terminals), 0)
        } else {
            prove(
                "no terminal of the caller's is open inside, nor a pipe the launcher writes to",
                .haveOwnStreams(facts.streams.relays.pipes.flatMap(\.self)), 0)
        }
        prove("init's memory cannot be read", .readMemory(1), Self.notPermitted, Self.noSystemCall)
        prove("nothing can be mounted", .mount, Self.notPermitted, Self.noSystemCall)
        prove("nothing can be unmounted", .unmount(.root / "usr"), Self.notPermitted, Self.noSystemCall)
        prove("no mount namespace can be made", .unshareMounts, Self.notPermitted, Self.noSystemCall)
        let kept = keptNumbers
        let exception = kept.isEmpty ? "" : " but \(kept.map(String.init).joined(separator: ", "))"
        prove("no descriptor of the launcher's\(exception) survives exec", .keepDescriptors(kept), 0)
        let own = ["HOME", "USER", "LOGNAME", "SHELL", "PATH", "MAZELCLAW_*"]
        let given =
            (request.proxy?.variables ?? []) + request.policy.environment + request.profile.environment
        prove(
            "no variable passes that nobody listed",
            .keepEnvironment(
                own + ServiceManager.variables + request.policy.inheritedEnvironment + given.map(\.name)), 0)
        prove("the limits hold", .exceedLimits(request.policy.limits), 0)
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

    private var keptNumbers: [Int32] {
        for case .closeDescriptors(let kept) in steps { return kept.numbers }
        return []
    }

    private var neighbours: [Neighbour] { Array(request.neighbours.prefix(neighbourLimit)) }

    // MARK: For `verify` alone

    /// Every mount: read-only ones stay as they are, the others can be written.
    private mutating func addMounts() {
        for step in steps {
            if let mount = step.mount {
                add(mount)
            } else if case .maskPath(let path) = step {
                prove("\(path) cannot be written", .makeDirectory(path / "x"), Self.readOnly, Self.notDirectory)
            } else if case .makePathReadOnly(let path) = step {
                prove("\(path) is read-only", .accessForWriting(path), Self.readOnly, Self.accessDenied)
            }
        }
    }

    private mutating func add(_ mount: Step.Mount) {
        let place = mount.destination
        let act = Proof.Act.makeDirectory(place / ".mazelclaw-proof")
        switch mount {
        // Whether the owner of the files may write there is not for a mount to say.
        case .bind(let bind) where !bind.restrictions.contains(.readOnly): return
        case .bind: prove("\(place) cannot be written", act, Self.readOnly, Self.notDirectory)
        case .view: prove("\(place) cannot be written", act, Self.readOnly)
        case .overlay: prove("\(place) can be written", act, 0)
        case .fileSystem(let mount):
            guard case .temporary = mount.source else { return }
            prove("\(place) can be written", act, 0)
        }
    }

    private mutating func addEveryPort() {
        guard !request.degradations.contains(.broker) else { return }
        let ports = request.ports
        for port in ports.all {
            for address in [IPAddress.loopback4, .loopback6, .v4(0)] { bind(.tcp, address, port) }
            bind(.udp, .loopback4, port)
        }
        for port in [22, 25, 53, 443, 631, 3000, 5900, 8000, 8080, 9222, 32768, 65535] as [UInt16] {
            bind(.tcp, .loopback4, port)
        }
        for neighbour in neighbours.map(\.ports) {
            for port in [neighbour.gateway, neighbour.control, neighbour.cdp.lowerBound, neighbour.cdp.upperBound] {
                for address in [IPAddress.loopback4, .loopback6, .v4(0)] { bind(.tcp, address, port) }
                bind(.udp, .loopback4, port)
            }
            guard let connectPorts = landlock?.connectPorts else { continue }
            for port in [neighbour.cdp.lowerBound, neighbour.cdp.upperBound] where !connectPorts.contains(port) {
                prove("port \(port)/tcp cannot be connected to", .connect(port), Self.accessDenied)
            }
        }
    }

    private mutating func addNamespaceLimits() {
        for case .limitInNamespace(let limit) in steps where limit.resource == .inotifyInstances {
            prove(
                "no more than \(limit.maximum) inotify instances can be made",
                .makeInotifyInstances(Int(limit.maximum) + 1), Self.tooManyFiles)
        }
    }

    private mutating func addSystemCalls(_ calls: [RefusedCall]) {
        for call in calls {
            prove(
                "\(call.name ?? "system call \(call.number)") is refused", .systemCall(call.number), call.errno)
        }
    }
}

extension HostFacts {
    /// Whether the plan makes `path` read-only or masks it: the policy names it or a directory above, and it exists.
    fileprivate func hasProcRestrictions(_ policy: SandboxPolicy, _ path: AbsolutePath) -> Bool {
        (policy.readonlyPaths + policy.maskedPaths).contains { $0.contains(path) && mayHold($0) }
    }
}
