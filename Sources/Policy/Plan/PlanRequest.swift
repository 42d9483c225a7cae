/// What a start asks for: a profile into which the command line's choices are merged, its policy, and what concerns this
/// start alone.
public struct PlanRequest: Equatable, Sendable {
    /// The profile, with the command line's choices applied.
    public var profile: Profile
    /// Its ports among all profiles.
    public var ports: PortSet
    /// Where its state directory and its workspace are on the host, and inside.
    public var paths: ProfilePaths
    /// What the sandbox permits.
    public var policy: SandboxPolicy
    /// The compiled seccomp policy.
    public var seccomp: SeccompProgram
    /// The program of ours that is made visible inside, the gateway as a rule; nil when it lies below a path that is visible anyway.
    public var ownExecutable: AbsolutePath?
    /// What makes the cages of tools, where the payload has to be shown it. Default nothing.
    public var toolHelper: ToolHelper?
    /// The program and its arguments, or nil for the profile's gateway.
    public var command: [ByteString]?
    /// The guarantees given up by name.
    public var degradations: [Degradation]
    /// The host's other instances.
    public var neighbours: [Neighbour] = []
    /// The other profiles that run under the same user ID.
    public var sharers: [ProfileName] = []
    /// What the service manager told the launcher.
    public var serviceManager = ServiceManager()
    /// What it passed on, each as the kernel describes it.
    public var passedSockets: [PassedSocket] = []
    /// The secrets it keeps for this service.
    public var credentials: [ServiceCredential] = []
    /// Whether the payload gets a terminal of its own, to which the caller's is connected.
    public var isInteractive = false
    /// Directories of the host's that no sandbox may see: profiles, locks, logs.
    public var hiddenPaths: [AbsolutePath] = []
    /// How many descriptors the launcher may have open (RLIMIT_NOFILE).
    public var descriptorLimit = UInt64.max
    /// How much is to be proved.
    public var proofs = ProofExtent.start
    /// The kind of sibling that it is a start of; nil for the profile's own payload.
    public internal(set) var sibling: SiblingKind?

    /// A request of a start by itself: without neighbours, service manager or terminal, and with a start's own proofs.
    public init(
        profile: Profile, ports: PortSet, paths: ProfilePaths, policy: SandboxPolicy, seccomp: SeccompProgram,
        ownExecutable: AbsolutePath?, command: [ByteString]?, degradations: [Degradation]
    ) {
        self.profile = profile
        self.ports = ports
        self.paths = paths
        self.policy = policy
        self.seccomp = seccomp
        self.ownExecutable = ownExecutable
        self.command = command
        self.degradations = degradations
    }

    /// What the instance may bind and listen on.
    public var portRules: PortRules {
        PortRules(
            ports: ports, tcp: policy.bindPorts, udp: profile.udpPorts, scope: profile.bind,
            loopbackProbe: profile.loopbackProbe, sharesAbstractNames: !profile.network.isOwn,
            ceilings: profile.network.isOwn ? nil : policy.portCeilings, policyFile: policy.file)
    }

    /// The way out of a private network; nil for others.
    var proxy: ProxyPlan? {
        guard profile.network == .private else { return nil }
        return ProxyPlan(
            port: ports.gateway + 3, gatewayPort: sibling == nil ? ports.gateway : nil,
            egress: EgressRules(profile.egress))
    }

    /// Where a program of ours from outside the visible tree appears inside.
    public static let ownDirectory = AbsolutePath.root / "opt/mazelclaw/bin"

    /// Where the policies of the cages of tools appear inside, as the helper in `ownDirectory` looks for them.
    public static let toolPolicyDirectory = AbsolutePath.root / "opt/mazelclaw/share/mazelclaw/policies"

    /// What makes the cages of tools.
    public struct ToolHelper: Equatable, Sendable {
        /// The program.
        public var executable: AbsolutePath
        /// The directory that holds its policy, with the filters that the policy names.
        public var policies: AbsolutePath

        /// The program at `executable`, with the policy in `policies`.
        public init(executable: AbsolutePath, policies: AbsolutePath) {
            self.executable = executable
            self.policies = policies
        }
    }

    /// Where the payload finds the socket for its notifications; the supervisor answers there.
    public static let notificationSocket = AbsolutePath.root / "run/mazelclaw/notify"

    /// The descriptor by which the payload asks for siblings: far above what the launcher has open, and what a service
    /// manager passes on. Nil where the policy has none, where files are mapped to the payload's user, which only root can do
    /// again, and where the launcher may not have that many descriptors.
    func siblingSocket(for user: UserIdentity) -> Int32? {
        guard !policy.siblings.isEmpty, sibling == nil, !user.isMapped else { return nil }
        let number = (passedSockets.map(\.descriptor).max() ?? 2) + 62
        return UInt64(number) < descriptorLimit ? number : nil
    }

    /// The pipes that a sibling's program has, as `SiblingRequest` says.
    static let siblingPipes: [Int32] = [3, 4]

    /// The kinds of siblings that a payload of `user` may ask for, with what the profile adds to them.
    public func siblingKinds(for user: UserIdentity) -> [SiblingKind] {
        guard siblingSocket(for: user) != nil else { return [] }
        return policy.siblings.map { kind in
            var kind = kind
            for programs in profile.siblingPrograms where programs.kind == kind.name {
                kind.executables += programs.executables
            }
            return kind
        }
    }

    /// The start of a sibling of `kind` beside this one, under `policy`, which is the kind's.
    ///
    /// It may bind nothing, and connect to no port of the instance's own. Nothing that it can write can be executed. Of what the
    /// profile binds it has that in which a program of the kind's lies, if that is read-only.
    public func sibling(_ kind: SiblingKind, policy: SandboxPolicy, seccomp: SeccompProgram) -> PlanRequest {
        var sibling = self
        sibling.sibling = kind
        sibling.policy = policy
        sibling.policy.siblings = []
        sibling.policy.bindPorts = []
        sibling.policy.connectPorts = policy.connectPorts.filter { if case .number = $0 { true } else { false } }
        for index in sibling.policy.mounts.indices {
            guard case .temporary = sibling.policy.mounts[index].source else { continue }
            sibling.policy.mounts[index].restrictions.insert(.noExecution)
        }
        sibling.seccomp = seccomp
        sibling.profile.binds = profile.binds.filter { bind in
            !bind.isWritable && kind.executables.contains { bind.destination.contains($0) }
        }
        sibling.profile.workspaceOverlay = nil
        sibling.profile.udpPorts = []
        sibling.profile.loopbackProbe = false
        sibling.profile.environment = []
        sibling.ownExecutable = nil
        sibling.toolHelper = nil
        sibling.command = [ByteString(kind.executables.first?.text ?? kind.name)]
        sibling.serviceManager = ServiceManager()
        sibling.passedSockets = []
        sibling.credentials = []
        sibling.isInteractive = false
        sibling.proofs = .start
        return sibling
    }

    /// The directories of the host it would have.
    public var trees: InstanceTrees {
        InstanceTrees(
            state: paths.state, workspace: profile.workspaceOverlay == nil ? paths.workspace : nil,
            others: (profile.workspaceOverlay == nil ? [] : [paths.workspace]) + profile.binds.map(\.source))
    }

    /// Throws `PlanError.invalid` when a tree of this instance's is the state directory of another profile, lies in it or
    /// holds it. What another runs with its registry knows.
    public func checkTrees() throws(PlanError) {
        for neighbour in neighbours {
            guard let state = neighbour.state, let overlap = trees.overlap(with: InstanceTrees(state: state)) else {
                continue
            }
            throw .invalid(
                "profile \"\(profile.name)\" cannot use \(overlap.own): \(state) is the state directory of profile "
                    + "\"\(neighbour.name)\", which no other may share; choose another directory")
        }
    }

    /// The paths of the host a plan for this policy wants to know about. What the profile binds is looked at by where it
    /// leads, apart from these.
    public static func pathsOfInterest(of policy: SandboxPolicy) -> [AbsolutePath] {
        var paths = policy.maskedPaths + policy.readonlyPaths + policy.namespaceLimits.map(\.resource.path)
        for mount in policy.mounts {
            switch mount.source {
            case .bind(let source), .view(let source), .copy(let source): paths.append(source)
            case .temporary, .processes, .terminals: continue
            }
        }
        return paths
    }
}
