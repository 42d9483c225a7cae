extension SandboxPlan {
    /// Plans a start.
    ///
    /// Throws `PlanError.unavailable` when the policy requires what this host lacks and the administrator has not
    /// given it up by name, `PlanError.invalid` when binds contradict each other.
    public init(_ request: PlanRequest, facts: HostFacts) throws(PlanError) {
        var builder = PlanBuilder(request: request, facts: facts)
        try builder.build()
        var trees = request.trees
        trees.identity = facts.identity(of: trees.state)
        self.init(
            profile: request.profile.name, ports: request.ports, trees: trees, policy: request.policy.file,
            network: request.profile.network,
            portRules: request.degradations.contains(.broker) ? nil : request.portRules,
            degradations: request.degradations, user: facts.user, sharers: request.sharers,
            sibling: request.sibling?.name,
            steps: builder.steps)
    }
}

/// Puts a plan's steps together. The order of the calls in `build` is the order of the start.
struct PlanBuilder {
    let request: PlanRequest
    let facts: HostFacts
    private(set) var steps: [Step] = []
    private var directories: [AbsolutePath] = [.root]
    private var landlock: [LandlockRules.FileRule] = []

    init(request: PlanRequest, facts: HostFacts) {
        self.request = request
        self.facts = facts
    }

    mutating func build() throws(PlanError) {
        let user = facts.user
        let rules = try landlockRequirements()
        if let proxy = request.proxy, request.ports.contains(proxy.port) {
            throw .invalid(
                "profile \"\(request.profile.name)\" lists \(proxy.port) in \"cdpPorts\", where the proxy of its private "
                    + "network listens (base port and 3); choose another port")
        }
        for socket in request.passedSockets {
            if let refusal = request.portRules.refusal(of: socket) { throw .invalid(refusal) }
            guard !request.profile.network.isOwn else { throw .invalid(request.profile.network.refusal(of: socket)) }
        }

        let group = request.degradations.contains(.limits) ? ControlGroupLimits() : request.profile.limits
        if user.userID == 0, group.tasks == nil, !request.degradations.contains(.processLimit),
            request.policy.limits.contains(where: { $0.resource == .processes })
        {
            throw .unavailable(
                guarantee: .processLimit, found: "the kernel holds RLIMIT_NPROC for no process of user ID 0",
                remedy: "leave --allow-root out, or give the profile \"limits\": {\"tasks\"}")
        }
        if !group.isEmpty { steps.append(.joinControlGroup(group)) }
        if user.isMapped { addMappedTrees() }
        steps += request.credentials.map(Step.openCredential)
        // The supervisor that starts a sibling has become that user already.
        if facts.isRoot, request.sibling == nil {
            steps.append(.becomeUser(userID: user.userID, groupID: user.groupID))
        }
        steps.append(.enterNamespaces(Namespace.all(of: request.profile.network)))

        steps.append(.dieWithParent)
        steps.append(.mapIdentity(userID: user.userID, groupID: user.groupID))
        if request.profile.network.isOwn { steps.append(.bringUpLoopback) }
        if let proxy = request.proxy { steps.append(.openProxy(proxy)) }
        steps.append(.makeMountsPrivate)
        steps.append(.mountRoot(bytes: 16 << 20))
        allow([.list], .root, isDirectory: true)
        allow([.list, .read], .root / "etc", isDirectory: true)
        addMounts()
        addDevices()
        addSystemFiles()
        try addUserTrees()
        try addNotificationSocket()
        try addCredentials()
        try addTerminal()
        addStreams()
        addProcRestrictions()
        steps.append(.sealRoot)
        steps.append(.pivotRoot)
        steps.append(.setHostName(hostName))
        steps.append(.joinAnonymousKeyring)
        // After this the mounts belong to a user namespace the payload is not in.
        steps.append(.nestUserNamespace(userID: user.userID, groupID: user.groupID))
        // RLIMIT_NPROC counts per user namespace, so it comes after the last one is made.
        steps += request.policy.limits.map(Step.setLimit)
        steps.append(.dropCapabilities)
        steps.append(.setNoNewPrivileges)
        // Before the payload's process exists: it must never find an init it could trace.
        steps.append(.becomeUndumpable)
        steps.append(.startPayload)

        steps.append(.startSession)
        if request.isInteractive { steps.append(.takeTerminal) }
        steps.append(.setFileModeMask(0o077))
        steps.append(.changeDirectory(user.home))
        let landlockRules = rules.map { $0(landlock) }
        if let landlockRules { steps.append(.applyLandlock(landlockRules)) }
        steps.append(.closeDescriptors(keeping: keptDescriptors))
        steps.append(.resetSignals)
        // After everything that sets something up: no earlier step needs the payload's list to allow it.
        steps.append(.filterSystemCalls(request.seccomp))
        if !request.degradations.contains(.broker) { steps.append(.handOverCalls) }
        var proofs = ProofBuilder(request: request, facts: facts, landlock: landlockRules, steps: steps)
        proofs.build()
        steps.append(.prove(proofs.proofs))
        steps.append(.execute(command))
    }

    private var keptDescriptors: KeptDescriptors {
        KeptDescriptors(
            sockets: request.passedSockets, siblings: request.siblingSocket(for: facts.user),
            pipes: request.sibling == nil ? [] : PlanRequest.siblingPipes)
    }

    // MARK: File systems

    /// Opens, while this is still root's process, what the payload sees under another owner than the disk has.
    private mutating func addMappedTrees() {
        let user = UserIdentity.Owner(userID: facts.user.userID, groupID: facts.user.groupID)
        let own = [request.paths.state] + (hasWorkspaceMount ? [request.paths.workspace] : [])
        for tree in own.map({ ($0, true) }) + request.profile.binds.map({ ($0.source, false) }) {
            steps.append(
                .mapOwner(
                    MappedTree(
                        source: tree.0, expectation: expectation(of: tree.0, isOwn: tree.1, ownedBy: facts.user.owner),
                        owner: facts.user.owner, user: user)))
        }
    }

    /// Whether the workspace is mounted by itself, and not only seen in the state directory.
    private var hasWorkspaceMount: Bool {
        request.profile.workspaceOverlay != nil || !request.paths.state.contains(request.paths.workspace)
    }

    /// What is known of a tree of the user's: of its own directories, whose they are too.
    private func expectation(
        of source: AbsolutePath, isOwn: Bool, ownedBy owner: UserIdentity.Owner
    ) -> TreeMount.Expectation {
        guard let identity = facts.identity(of: source) else { return .anything }
        return isOwn ? .directory(ownedBy: owner.userID, identity: identity) : .same(identity)
    }

    private mutating func addMounts() {
        for mount in request.policy.mounts {
            switch mount.source {
            case .bind(let source): addPolicyBind(source, mount)
            case .view(let source): addView(source, mount)
            case .copy(let source): addCopy(source, mount)
            case .processes where request.degradations.contains(.proc): continue
            case .temporary, .processes, .terminals:
                makeDirectories(to: mount.destination)
                steps.append(
                    .mountFileSystem(
                        FileSystemMount(
                            source: mount.source, destination: mount.destination, restrictions: mount.restrictions)))
                allow(access(mount), mount.destination, isDirectory: true)
            }
        }
    }

    /// A host path of the policy. A link is made again as a link, so that `/bin` stays `usr/bin`.
    private mutating func addPolicyBind(_ source: AbsolutePath, _ mount: PolicyMount) {
        guard !isLinkOrMissing(source, mount) else { return }
        addBind(
            source, mount.destination, mount.restrictions, .anything, isDirectory: facts.entry(at: source) != .file)
    }

    /// Whether nothing is left to do for a path of the policy: it may be missing and is, or it is a link, which is made.
    private mutating func isLinkOrMissing(_ source: AbsolutePath, _ mount: PolicyMount) -> Bool {
        let entry = facts.entry(at: source)
        if entry == nil, mount.mayBeMissing { return true }
        guard case .symbolicLink(let target) = entry, source == mount.destination else { return false }
        makeDirectories(to: mount.destination.parent)
        steps.append(.makeSymbolicLink(path: mount.destination, target: target))
        return true
    }

    /// A directory of the policy with inodes of the sandbox's own.
    private mutating func addView(_ source: AbsolutePath, _ mount: PolicyMount) {
        guard !request.degradations.contains(.ownInodes) else { return addPolicyBind(source, mount) }
        guard !isLinkOrMissing(source, mount) else { return }
        let restrictions = mount.restrictions.union([.readOnly])
        addView(source, mount.destination, restrictions)
        var access: LandlockRules.Access = [.list, .read]
        if !restrictions.contains(.noExecution) { access.insert(.execute) }
        allow(access, mount.destination, isDirectory: true)
    }

    /// A view of `source`, or of each directory in it where something is mounted below.
    private mutating func addView(
        _ source: AbsolutePath, _ destination: AbsolutePath, _ restrictions: MountRestrictions
    ) {
        makeDirectories(to: destination)
        guard let entries = facts.divided.first(where: { $0.directory == source })?.entries else {
            steps.append(.mountView(View(source: source, destination: destination, restrictions: restrictions)))
            return
        }
        for (name, entry) in entries {
            switch entry {
            case .directory: addView(source / name, destination / name, restrictions)
            case .symbolicLink(let target): steps.append(.makeSymbolicLink(path: destination / name, target: target))
            case .file: addBind(source / name, destination / name, restrictions, .anything, isDirectory: false)
            }
        }
    }

    private mutating func addCopy(_ source: AbsolutePath, _ mount: PolicyMount) {
        guard !isLinkOrMissing(source, mount) else { return }
        makeDirectories(to: mount.destination.parent)
        steps.append(.copyFile(source: source, destination: mount.destination))
        allow([.list, .read], mount.destination, isDirectory: false)
    }

    private mutating func addBind(
        _ source: AbsolutePath, _ destination: AbsolutePath, _ restrictions: MountRestrictions,
        _ expectation: TreeMount.Expectation, isDirectory: Bool, isMapped: Bool = false
    ) {
        if isDirectory {
            makeDirectories(to: destination)
        } else {
            makeDirectories(to: destination.parent)
            steps.append(.writeFile(path: destination, content: ""))
        }
        steps.append(
            .bind(
                TreeMount(
                    source: source, destination: destination, restrictions: restrictions, expectation: expectation,
                    isMapped: isMapped)))
        var access: LandlockRules.Access = [.list, .read]
        if !restrictions.contains(.noExecution) { access.insert(.execute) }
        if !restrictions.contains(.readOnly) { access.insert(.write) }
        allow(access, destination, isDirectory: isDirectory)
    }

    private mutating func addDevices() {
        let dev = AbsolutePath.root / "dev"
        for name in ["full", "null", "random", "tty", "urandom", "zero"] {
            makeDirectories(to: dev)
            steps.append(.writeFile(path: dev / name, content: ""))
            steps.append(
                .bind(
                    TreeMount(
                        source: dev / name, destination: dev / name, restrictions: [.noSetUserID, .noExecution],
                        expectation: .anything)))
            allow([.read, .write, .control], dev / name, isDirectory: false)
        }
        for (name, target) in [
            ("fd", "/proc/self/fd"), ("ptmx", "pts/ptmx"), ("stderr", "/proc/self/fd/2"), ("stdin", "/proc/self/fd/0"),
            ("stdout", "/proc/self/fd/1"),
        ] {
            steps.append(.makeSymbolicLink(path: dev / name, target: target))
        }
    }

    private mutating func addSystemFiles() {
        let etc = AbsolutePath.root / "etc"
        makeDirectories(to: etc)
        for (name, content) in SystemFiles(user: facts.user, hostName: hostName, profile: request.profile.name)
            .contents(resolverConfiguration: facts.resolverConfiguration)
        {
            steps.append(.writeFile(path: etc / name, content: content))
        }
    }

    /// The state directory, the workspace and what the administrator adds: all that is the user's.
    private mutating func addUserTrees() throws(PlanError) {
        let paths = request.paths
        makeDirectories(to: facts.user.home)
        if let kind = request.sibling {
            addOwnPart(of: kind)
            for bind in request.profile.binds { try addUserTree(bind, isOwn: false) }
            return
        }
        try addUserTree(BindMount(source: paths.state, destination: paths.state, isWritable: true), isOwn: true)
        if let bytes = request.profile.workspaceOverlay {
            try addOverlay(of: paths.workspace, bytes: bytes, coveringItself: paths.state.contains(paths.workspace))
        } else if !paths.state.contains(paths.workspace) {
            try addUserTree(
                BindMount(source: paths.workspace, destination: paths.workspace, isWritable: true), isOwn: true)
        }
        for bind in request.profile.binds { try addUserTree(bind, isOwn: false) }
        if let executable = request.ownExecutable {
            addBind(
                executable, PlanRequest.ownDirectory / executable.lastComponent,
                [.readOnly, .noSetUserID, .noDevices], .anything, isDirectory: false)
        }
        if let helper = request.toolHelper {
            let restrictions: MountRestrictions = [.readOnly, .noSetUserID, .noDevices]
            addBind(
                helper.executable, PlanRequest.ownDirectory / helper.executable.lastComponent, restrictions, .anything,
                isDirectory: false)
            addBind(
                helper.policies, PlanRequest.toolPolicyDirectory, restrictions.union([.noExecution]), .anything,
                isDirectory: true)
        }
    }

    private mutating func addUserTree(_ tree: BindMount, isOwn: Bool) throws(PlanError) {
        try check(tree)
        let user = UserIdentity.Owner(userID: facts.user.userID, groupID: facts.user.groupID)
        let restrictions: MountRestrictions = [.noSetUserID, .noDevices]
        addBind(
            tree.source, tree.destination, tree.isWritable ? restrictions : restrictions.union([.readOnly]),
            expectation(of: tree.source, isOwn: isOwn, ownedBy: user),
            isDirectory: facts.entry(at: tree.source) != .file, isMapped: facts.user.isMapped)
    }

    /// The workspace as it is to be read, with a place of its own for what is written.
    private mutating func addOverlay(
        of workspace: AbsolutePath, bytes: UInt64, coveringItself: Bool
    ) throws(PlanError) {
        if !coveringItself {
            try check(BindMount(source: workspace, destination: workspace, isWritable: true))
            makeDirectories(to: workspace)
        }
        let user = UserIdentity.Owner(userID: facts.user.userID, groupID: facts.user.groupID)
        steps.append(
            .mountOverlay(
                Overlay(
                    directory: workspace, bytes: bytes, restrictions: [.noSetUserID, .noDevices],
                    expectation: expectation(of: workspace, isOwn: true, ownedBy: user), coversItself: coveringItself,
                    isMapped: facts.user.isMapped)))
        allow([.list, .read, .execute, .write], workspace, isDirectory: true)
    }

    /// The one directory of the state directory that a sibling has. The payload writes around it: what stands there is seen
    /// only when the sibling is built.
    private mutating func addOwnPart(of kind: SiblingKind) {
        let state = request.paths.state
        let expectation = facts.identity(of: state).map {
            TreeMount.Expectation.entry(of: state, identity: $0, ownedBy: facts.user.userID)
        }
        addBind(
            state / kind.directory, state / kind.directory, [.noSetUserID, .noDevices, .noExecution],
            expectation ?? .anything, isDirectory: true)
    }

    /// Refuses a bind that would hide another or need a mount point inside one.
    private func check(_ tree: BindMount) throws(PlanError) {
        // The new root is put together on top of /proc, the one place no bind can come from.
        guard !(AbsolutePath.root / "proc").contains(tree.source), tree.destination != .root else {
            throw .invalid("cannot bind \(tree.source) at \(tree.destination): /proc and / are built by the sandbox")
        }
        for mount in steps.lazy.compactMap(\.mount) {
            let hides = tree.destination.contains(mount.destination)
            let what: String
            switch mount {
            case .fileSystem:
                guard hides else { continue }
                throw .invalid(
                    "cannot bind \(tree.source) at \(tree.destination): it would hide \(mount.destination)")
            case .bind(let bind): what = "\(bind.source) is already"
            case .view(let view): what = "\(view.source) is already"
            case .overlay: what = "the workspace is"
            }
            guard !hides, !mount.destination.contains(tree.destination) else {
                throw .invalid(
                    "cannot bind \(tree.source) at \(tree.destination): \(what) at \(mount.destination); choose a "
                        + "destination outside of it")
            }
        }
    }

    private mutating func addNotificationSocket() throws(PlanError) {
        guard request.serviceManager.notificationAddress != nil else { return }
        let path = PlanRequest.notificationSocket
        for case .bind(let bind) in steps where bind.destination.contains(path) {
            // It would be made in the host's own tree.
            throw .invalid(
                "cannot bind \(bind.source) at \(bind.destination): the socket for the payload's notifications "
                    + "(NOTIFY_SOCKET) is \(path); choose another destination")
        }
        makeDirectories(to: path.parent)
        steps.append(.bindNotificationSocket(path))
    }

    private mutating func addCredentials() throws(PlanError) {
        guard !request.credentials.isEmpty else { return }
        for case .bind(let bind) in steps
        where bind.destination.contains(ServiceCredential.directory)
            || ServiceCredential.directory.contains(bind.destination)
        {
            // They would be written into the host's own tree.
            throw .invalid(
                "cannot bind \(bind.source) at \(bind.destination): the service's credentials are in "
                    + "\(ServiceCredential.directory); choose another destination")
        }
        makeDirectories(to: ServiceCredential.directory)
        steps += request.credentials.map(Step.placeCredential)
        allow([.list, .read, .write], ServiceCredential.directory, isDirectory: true)
    }

    private mutating func addTerminal() throws(PlanError) {
        guard request.isInteractive else { return }
        guard let terminals = request.policy.terminals else {
            throw .invalid(
                "--interactive needs a devpts to take the terminal from: add one to \"mounts\" in "
                    + "\(request.policy.file), as policies/gateway.json has it")
        }
        steps.append(.openTerminal(terminals / "ptmx"))
    }

    private mutating func addStreams() {
        // A terminal of its own takes the place of all three.
        guard !request.isInteractive, !facts.streams.relays.isEmpty else { return }
        steps.append(.relayStreams(facts.streams.relays))
    }

    private mutating func addProcRestrictions() {
        guard !request.degradations.contains(.proc) else { return }
        // The payload's own namespace counts as the first.
        steps.append(.limitUserNamespaces(maximum: 1 + request.policy.nestedUserNamespaces))
        // A kernel that lacks a file has nothing to count there.
        steps += request.policy.namespaceLimits.filter { facts.mayHold($0.resource.path) }.map(Step.limitInNamespace)
        steps += request.policy.maskedPaths.filter(facts.mayHold).map(Step.maskPath)
        steps += request.policy.readonlyPaths.filter(facts.mayHold).map(Step.makePathReadOnly)
    }

    private mutating func makeDirectories(to path: AbsolutePath) {
        guard !directories.contains(path) else { return }
        directories.append(path)
        makeDirectories(to: path.parent)
        steps.append(.makeDirectory(path: path, mode: 0o755))
    }

    // MARK: Landlock

    private mutating func allow(
        _ access: LandlockRules.Access, _ path: AbsolutePath, isDirectory: Bool
    ) {
        // Rights reach down: what a directory above grants already needs no rule of its own.
        guard !landlock.contains(where: { $0.path.contains(path) && $0.access.isSuperset(of: access) }) else { return }
        landlock.append(LandlockRules.FileRule(path: path, access: access, isDirectory: isDirectory))
    }

    private func access(_ mount: PolicyMount) -> LandlockRules.Access {
        switch mount.source {
        case .bind, .view, .copy, .temporary:
            mount.restrictions.contains(.noExecution) ? [.list, .read, .write] : [.list, .read, .write, .execute]
        case .processes: [.list, .read, .write]
        case .terminals: [.list, .read, .write, .control]
        }
    }

    /// What makes the rules of the file list, or nil when Landlock is given up; refuses a kernel that lacks
    /// what the policy requires.
    private func landlockRequirements() throws(PlanError) -> (([LandlockRules.FileRule]) -> LandlockRules)? {
        let abi = facts.landlockABI
        let given = request.degradations
        if request.profile.network == .private,
            let missing = given.first(where: { !Self.spares.contains($0) })
        {
            throw .invalid(
                "\"network\": \"private\" cannot do without \(missing.rawValue): leave --allow-degraded=\(missing.rawValue) "
                    + "out, or set \"network\": \"none\" in the profile")
        }
        if given.contains(.landlock) { return nil }
        guard abi >= 1 else {
            let absence = facts.landlockAbsence
            throw .unavailable(guarantee: .landlock, found: absence.finding, remedy: absence.remedy)
        }
        guard abi >= 4 || given.contains(.landlockNet) else {
            throw .unavailable(
                guarantee: .landlockNet, found: "its Landlock has ABI \(abi), TCP port rules need ABI 4",
                remedy: "use a kernel from 6.12 on")
        }
        guard abi >= 6 || request.policy.scopes.isEmpty || given.contains(.landlockScope) else {
            throw .unavailable(
                guarantee: .landlockScope, found: "its Landlock has ABI \(abi), scopes need ABI 6",
                remedy: "use a kernel from 6.12 on")
        }
        let handlesPorts = abi >= 4 && !given.contains(.landlockNet)
        let bindPorts = request.portRules.bindableTCPPorts
        let connectPorts = PortSelector.ports(
            of: connectSelectors + request.profile.connectPorts.map(PortSelector.number), in: request.ports)
        let scopes = abi >= 6 && !given.contains(.landlockScope) ? request.policy.scopes : []
        return { files in
            LandlockRules(
                abi: abi, files: files, bindPorts: handlesPorts ? bindPorts : nil,
                connectPorts: handlesPorts ? connectPorts : nil, scopes: scopes)
        }
    }

    /// What a private network can do without.
    private static let spares: [Degradation] = [.proc, .landlockScope, .ownInodes, .processLimit]

    /// What the policy lets be connected to. With a listener in the host's network only ports of the instance's own: from
    /// that socket one could reach the others there.
    private var connectSelectors: [PortSelector] {
        guard let proxy = request.proxy else { return request.policy.connectPorts }
        return request.policy.connectPorts.filter { if case .number = $0 { false } else { true } }
            + (request.sibling == nil ? [.gateway] : []) + [.number(proxy.port)]
    }

    // MARK: The payload

    private var hostName: String { "\(request.policy.hostname)-\(request.profile.name)".prefix64 }

    private var command: Command {
        let gateway = request.ownExecutable.map { PlanRequest.ownDirectory / $0.lastComponent }
        let words =
            request.command
            ?? [gateway?.text ?? "mazelclaw", "--profile", request.profile.name.text, "gateway"]
            .map { ByteString($0) }
        return Command(program: words.first ?? ByteString(""), arguments: words, environment: environment)
    }

    private var environment: [EnvironmentVariable] {
        var variables: [EnvironmentVariable] = []
        func set(_ variable: EnvironmentVariable?) {
            guard let variable else { return }
            if let index = variables.firstIndex(where: { $0.name == variable.name }) {
                variables[index] = variable
            } else {
                variables.append(variable)
            }
        }
        func set(_ name: String, _ value: String) {
            set(EnvironmentVariable(name: name, value: value))
        }
        for variable in facts.environment where isInherited(variable.name) { set(variable) }
        for variable in request.policy.environment { set(variable) }
        set("HOME", facts.user.home.text)
        set("USER", facts.user.name)
        set("LOGNAME", facts.user.name)
        set("SHELL", "/bin/sh")
        if request.ownExecutable != nil, let path = variables.first(where: { $0.name == "PATH" }) {
            set("PATH", "\(PlanRequest.ownDirectory):\(path.value)")
        }
        for variable in request.proxy?.variables ?? [] { set(variable) }
        for variable in request.profile.environment { set(variable) }
        // Last: nothing above may speak for the launcher.
        set("MAZELCLAW_SANDBOX", "1")
        set("MAZELCLAW_PROFILE", request.profile.name.text)
        // A sibling has nothing of what the others name.
        guard request.sibling == nil else { return variables.sorted { $0.name < $1.name } }
        if let socket = request.siblingSocket(for: facts.user) { set(SiblingRequest.variable, "\(socket)") }
        set("MAZELCLAW_STATE_DIR", request.paths.state.text)
        set("MAZELCLAW_CONFIG_PATH", request.paths.configuration.text)
        set("MAZELCLAW_WORKSPACE", request.paths.workspace.text)
        set("MAZELCLAW_GATEWAY_PORT", String(request.ports.gateway))
        set("MAZELCLAW_GATEWAY_BIND", request.profile.bind.description)
        setServiceManager(set)
        if !request.degradations.isEmpty {
            set("MAZELCLAW_DEGRADED", request.degradations.map(\.rawValue).joined(separator: ","))
        }
        return variables.sorted { $0.name < $1.name }
    }

    /// The service manager's variables as they are true inside: the payload is process 2 there, and the supervisor
    /// takes its notifications.
    private func setServiceManager(_ set: (String, String) -> Void) {
        let manager = request.serviceManager
        if manager.notificationAddress != nil {
            set("NOTIFY_SOCKET", PlanRequest.notificationSocket.text)
            if let interval = manager.watchdogMicroseconds {
                set("WATCHDOG_USEC", "\(interval)")
                set("WATCHDOG_PID", "2")
            }
        }
        if !request.credentials.isEmpty {
            set(ServiceManager.credentialsVariable, ServiceCredential.directory.text)
        }
        guard !request.passedSockets.isEmpty else { return }
        set("LISTEN_FDS", "\(request.passedSockets.count)")
        set("LISTEN_PID", "2")
        let names = request.passedSockets.compactMap(\.name)
        if !names.isEmpty { set("LISTEN_FDNAMES", names.joined(separator: ":")) }
    }

    private func isInherited(_ name: String) -> Bool {
        guard !ServiceManager.variables.contains(name), name != ServiceManager.journalVariable else { return false }
        return EnvironmentPattern.matches(name, request.policy.inheritedEnvironment)
    }
}

extension String {
    /// At most 64 bytes, what a host name may have (HOST_NAME_MAX, sethostname(2)); names here are ASCII.
    fileprivate var prefix64: String { String(prefix(64)) }
}
