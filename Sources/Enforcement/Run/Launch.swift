import Glibc
import Linux
public import Policy
public import Profiles
import SystemPackage

/// Everything between a command line and a plan: who runs it, which profile, which files, which facts.
public struct Launch {
    /// The host's directories for the user who started the launcher.
    public let directories: HostDirectories
    private let environment: [EnvironmentVariable]
    private let executable: AbsolutePath
    private let serviceManager: ServiceManager

    /// A launch by this process, whose environment and executable are given, and what a service manager told it.
    ///
    /// Throws `LaunchError.usage` for a set-user-ID launcher: its caller would choose what root does.
    public init(
        environment: [EnvironmentVariable], executable: AbsolutePath, serviceManager: ServiceManager = ServiceManager()
    ) throws(LaunchError) {
        guard Credentials.userID == Credentials.effectiveUserID, Credentials.groupID == Credentials.effectiveGroupID
        else { throw .usage("mazelclaw-run must not be set-user-ID or set-group-ID: run chmod ug-s on it") }
        self.environment = environment
        self.executable = executable
        self.serviceManager = serviceManager
        let lookUp = { (name: String) in environment.first { $0.name == name }?.value }
        let caller = try Self.user(id: Credentials.userID)
        // $HOME before passwd(5), as the gateway's own commands and every shell have it.
        let home = (lookUp("HOME") ?? caller?.home).flatMap(AbsolutePath.init) ?? .root
        directories = HostDirectories(userID: Credentials.userID, home: home, environment: lookUp)
    }

    /// The profile a start of `options` would use, and whether it was made just now.
    public func profile(_ options: LaunchOptions, creating: Bool) throws(LaunchError) -> (profile: Profile, isNew: Bool)
    {
        let store = ProfileStore(directories: directories)
        do {
            var (profile, isNew) = try store.loadOrPropose(options.profile)
            if isNew, creating {
                var proposal = Profile(name: options.profile, basePort: options.basePort ?? profile.basePort)
                proposal.user = Credentials.userID == 0 ? options.user : nil
                proposal.identity = options.identity
                proposal.stateDirectory = options.stateDirectory
                proposal.workspace = options.workspace
                if Credentials.userID == 0, proposal.user != nil || mode(of: proposal, options) == .own {
                    // Written out: root's own home says nothing about where this user's state is.
                    proposal.stateDirectory =
                        paths(of: proposal, try user(of: proposal, options, assigning: false)).state
                }
                (profile, isNew) = try store.loadOrCreate(options.profile) { made in
                    let basePort = options.basePort ?? made.basePort
                    made = proposal
                    made.basePort = basePort
                }
            }
            profile.basePort = options.basePort ?? profile.basePort
            profile.policy = options.policy ?? profile.policy
            // Who names a user on the command line means that one, whatever the profile has of its own.
            profile.identity = options.identity ?? (options.user == nil ? profile.identity : .user)
            profile.user = options.user ?? profile.user
            profile.stateDirectory = options.stateDirectory ?? profile.stateDirectory
            profile.workspace = options.workspace ?? profile.workspace
            profile.workspaceOverlay = options.workspaceOverlay ?? profile.workspaceOverlay
            profile.binds += options.binds
            if !isNew, profile.stateDirectory == nil, profile.user == nil, mode(of: profile, options) == .own {
                // As `mazelclaw setup` leaves it for root: nobody's home says where its files are.
                throw LaunchError.plan(
                    .invalid(
                        "\(store.file(of: profile.name)) names neither a \"stateDirectory\" nor a \"user\": set "
                            + "\"stateDirectory\": \"\(directories.instances / profile.name.text)\", or \"user\" to whose the "
                            + "profile's files are"))
            }
            return (profile, isNew)
        } catch let error as ProfileError {
            throw .profile(error)
        } catch let error as LaunchError {
            throw error
        } catch {
            preconditionFailure("only the two kinds above are thrown")
        }
    }

    /// Takes back a profile made for a start that was then refused, so that a refusal leaves nothing behind.
    ///
    /// Another start may have taken it up meanwhile: it holds the instance's lock, and the profile stays.
    public func forget(_ name: ProfileName) {
        guard case .acquired(let lock) = try? InstanceLock.acquire(name, in: directories) else { return }
        defer { lock.descriptor.discard() }
        // What cannot be removed again is a valid profile all the same.
        try? ProfileStore(directories: directories).remove(name)
    }

    /// The plan for `profile`, made from its policy and from what the host is now.
    ///
    /// `preparing` makes the state directory and the workspace when they are missing.
    public func plan(
        _ profile: Profile, _ options: LaunchOptions, preparing: Bool
    ) throws(LaunchError) -> SandboxPlan {
        let user = try user(of: profile, options, assigning: preparing)
        let paths = paths(of: profile, user)
        let loaded: PolicyFiles.Loaded
        let ports: PortSet
        let others: [ProfileStore.Other]
        let program: SeccompProgram
        let isSupervised = try isSupervised(options)
        do {
            let policies = PolicyFiles(directories: directories, executable: executable)
            loaded = try policies.load(profile.policy)
            program = try CompiledFilters(launcher: executable)
                .program(file: loaded.seccompFile, policies: policies, isSupervised: isSupervised)
            others = try ProfileStore(directories: directories).othersWithUsers(than: profile.name)
            ports = try PortPlan(others: others.map(\.profile)).ports(of: profile)
        } catch {
            // libseccomp asks the kernel too: what the host lacks is no fault of the policy's, nor of a call's.
            switch error {
            case .invalid, .system: try Self.checkSeccomp()
            // Any other says itself what is wrong, and is thrown below.
            default: break
            }
            throw .profile(error)
        }
        var request = PlanRequest(
            profile: profile, ports: ports, paths: paths, policy: loaded.policy, seccomp: program,
            ownExecutable: ownExecutable(options), command: command(options), environment: options.environment,
            degradations: options.degradations)
        request.sharers = user.isOwn ? [] : others.filter { $0.userID == user.userID }.map(\.profile.name)
        request.neighbours = others.map(\.profile).compactMap { other in
            // Another user's home is not known here, and its files are shut to this one anyway.
            let state = other.user == profile.user ? ProfilePaths(profile: other, home: user.home).state : nil
            return PortSet(base: other.basePort).map {
                Neighbour(name: other.name, ports: $0, state: other.stateDirectory ?? state)
            }
        }
        request.hiddenPaths = [directories.configuration, directories.state]
        if options.provesEverything {
            request.proofs = .complete(try seccompPolicy(of: profile, options).refusedCalls(nameOf: SyscallTable.name))
        }
        request.serviceManager = serviceManager
        request.isInteractive = options.isInteractive
        request.passedSockets = try passedSockets()
        request.credentials = try credentials()
        let plan: SandboxPlan
        do {
            try request.checkTrees()
        } catch {
            throw .plan(error)
        }
        // Nothing is made for a start that files alone refuse.
        if preparing {
            try makeDirectory(paths.state, user)
            // Inside the state directory it is the payload's to make, unless something is to be mounted on it.
            if profile.workspaceOverlay != nil || !paths.state.contains(paths.workspace) {
                try makeDirectory(paths.workspace, user)
            }
        }
        var facts = try HostProbe(environment: environment)
            .facts(user: user, policy: loaded.policy, profile: profile, paths: paths)
        try bindGuard(profile, request.neighbours).check(profile.binds)
        facts.streams = try streams(options)
        do {
            plan = try SandboxPlan(request, facts: facts)
        } catch {
            throw .plan(error)
        }
        #if DEBUG || BENCHMARK
            return try Mutation(launcher: executable)?.mutate(plan, environment: environment) ?? plan
        #else
            return plan
        #endif
    }

    /// What is the host's: what decides about sandboxes, what is kept of them, and what the other profiles have.
    private func bindGuard(_ profile: Profile, _ neighbours: [Neighbour]) -> BindGuard {
        let programs = "the programs and policies that sandboxes are made by"
        var places = [
            BindGuard.Place(
                path: directories.configuration, meaning: "the host's profiles and policies", isHidden: true),
            BindGuard.Place(path: .root / "etc/mazelclaw", meaning: "the host's profiles and policies", isHidden: true),
            BindGuard.Place(path: directories.state, meaning: "the host's locks and logs of sandboxes", isHidden: true),
            BindGuard.Place(path: executable.parent, meaning: programs, isHidden: false),
            BindGuard.Place(
                path: executable.parent.parent / "share/mazelclaw/policies", meaning: programs, isHidden: false),
        ]
        for neighbour in neighbours {
            guard let state = neighbour.state else { continue }
            places.append(
                BindGuard.Place(
                    path: state, meaning: "the state directory of profile \"\(neighbour.name)\"", isHidden: true))
        }
        return BindGuard(places: places)
    }

    private func streams(_ options: LaunchOptions) throws(LaunchError) -> StandardStreams {
        var streams: StandardStreams
        do throws(Errno) {
            streams = try StandardStreams(status: options.statusDescriptor.map(FileDescriptor.init(rawValue:)))
        } catch {
            throw .system(action: "examine", path: "the standard descriptors", errno: error)
        }
        // The matrix talks with its probe through pipes of its own.
        if options.runsProbe {
            streams.input = StandardStreams.null.input
            streams.output = StandardStreams.null.output
        }
        if !options.isInteractive, let conflict = streams.conflict { throw .usage(conflict) }
        return streams
    }

    private func isSupervised(_ options: LaunchOptions) throws(LaunchError) -> Bool {
        #if DEBUG || BENCHMARK
            if let mutation = try Mutation(launcher: executable), !mutation.keepsBroker { return false }
        #endif
        return !options.degradations.contains(.broker)
    }

    /// The state directory that a start of `profile` would use.
    public func statePath(of profile: Profile, _ options: LaunchOptions) throws(LaunchError) -> AbsolutePath {
        paths(of: profile, try user(of: profile, options, assigning: false)).state
    }

    /// The seccomp policy that a start of `profile` with `options` enforces, for `explain` and `why`.
    public func seccompPolicy(of profile: Profile, _ options: LaunchOptions) throws(LaunchError) -> SeccompPolicy {
        do {
            let policies = PolicyFiles(directories: directories, executable: executable)
            let file = try policies.load(profile.policy).seccompFile
            let policy = try SeccompPolicy(file: file.text, text: try policies.seccompText(file))
            return options.degradations.contains(.broker) ? policy.withoutSupervisor : policy
        } catch let error as ProfileError {
            throw .profile(error)
        } catch let error as PolicyError {
            throw .profile(.invalid(error))
        } catch {
            preconditionFailure("only the two kinds above are thrown")
        }
    }

    /// Compiles the filters of the policies that came with the launcher, and for root those in /etc/mazelclaw too, and keeps
    /// them beside the policies. Returns the policies' files.
    public func compileFilters() throws(LaunchError) -> [AbsolutePath] {
        do {
            let policies = PolicyFiles(directories: directories, executable: executable)
            var compiled: [AbsolutePath] = []
            for policy in try policies.shared(isRoot: Credentials.userID == 0) {
                let file = try policies.load(policy.text).seccompFile
                if compiled.contains(file) { continue }
                try CompiledFilters(launcher: executable).keep(file, policies: policies)
                compiled.append(file)
            }
            return compiled
        } catch {
            throw .profile(error)
        }
    }

    /// Takes the instance's lock, its ports and its directories, then makes sure that no stranger listens on a port, unless
    /// that is left to `checkPorts`.
    public func claim(_ plan: SandboxPlan, checkingPorts: Bool = true) throws(LaunchError) -> InstanceLock {
        let outcome: InstanceRegistry.Outcome
        do {
            outcome = try InstanceRegistry(directories: directories)
                .claim(plan.profile, ports: plan.ports, trees: plan.trees)
        } catch {
            throw .profile(error)
        }
        switch outcome {
        case .claimed(let lock):
            do {
                if checkingPorts { try checkPorts(of: plan) }
                try Self.revive(plan.passedSockets)
            } catch {
                lock.descriptor.discard()
                throw error
            }
            return lock
        case .held(let holder): throw .held(plan.profile, by: holder)
        case .portTaken(let port, let other, let holder): throw .portTaken(port, of: other, by: holder)
        case .directoryTaken(let path, let theirs, let other, let holder):
            throw .directoryTaken(path, theirs: theirs, of: other, by: holder)
        }
    }

    /// Makes sure that a start could write down that it runs, and changes nothing.
    func checkRegistry() throws(LaunchError) {
        do {
            try InstanceRegistry(directories: directories).check()
        } catch {
            throw .profile(error)
        }
    }

    /// Throws for a port that somebody listens on, at whatever address: who connects to it by name must find us. What is
    /// passed on to the payload is the instance's own.
    public func checkPorts(of plan: SandboxPlan) throws(LaunchError) {
        // What others do with these ports in the host's network concerns nobody in one that has no listener there.
        guard plan.network != .none else { return }
        let ports = plan.ports
        // A passed socket whose inode cannot be read is taken for a stranger's, which refuses the start.
        let own = plan.passedSockets.compactMap { try? FileStatus(of: FileDescriptor(rawValue: $0.descriptor)).inode }
        let listeners: [TCPListener]
        do throws(Errno) {
            listeners = try TCPListener.all(
                on: ports.uses.map(\.range) + (plan.proxy.map { [$0.port...$0.port] } ?? []))
        } catch {
            throw .listenersUnknown(error)
        }
        if let listener = listeners.first(where: { !own.contains($0.inode) }) {
            throw .portInUse(
                listener.port, by: SocketOwner.holders(of: [listener.inode])[listener.inode], ofUser: listener.userID)
        }
        // Somebody may have bound one and not listen yet.
        for port in [ports.gateway, ports.control] where try Self.isTaken(port, plan) {
            throw .portInUse(port, by: nil, ofUser: nil)
        }
    }

    private static func isTaken(_ port: UInt16, _ plan: SandboxPlan) throws(LaunchError) -> Bool {
        do throws(Errno) {
            return try !TCPPort.isFree(
                port, ipv4: !plan.passesListener(on: .loopback4, port: port),
                ipv6: !plan.passesListener(on: .loopback6, port: port))
        } catch {
            throw .portUntried(port, error)
        }
    }

    /// Makes what was passed listen, where a payload before this one has ended that.
    private static func revive(_ sockets: [PassedSocket]) throws(LaunchError) {
        for socket in sockets {
            do throws(Errno) {
                try socket.revive()
            } catch {
                throw .deadListener(socket, error)
            }
        }
    }

    /// What is to be said about ports of the plan that the kernel may give to an outgoing connection, as one sentence;
    /// nil when there are none, or when they are ports of the sandbox's own network.
    public func ephemeralPortWarning(_ plan: SandboxPlan) -> String? {
        guard plan.network != .none else { return nil }
        return EphemeralPorts.ofHost.warning(about: plan.ports, of: plan.profile)
    }

    /// What is to be said about a plan that nothing keeps from using all memory of the host, as one sentence; nil where
    /// something does.
    public func memoryWarning(_ plan: SandboxPlan) -> String? {
        guard plan.groupLimits?.memory == nil, !plan.degradations.contains(.limits), !EnclosingMemoryLimit.isThere
        else {
            return nil
        }
        return
            "profile \"\(plan.profile)\" has no limit on memory: what runs inside can use up the host's; set \"limits\": "
            + "{\"memory\": \"2g\"} in its file, or MemoryMax= in a unit"
    }

    private func passedSockets() throws(LaunchError) -> [PassedSocket] {
        guard let passed = serviceManager.passed else { return [] }
        return try passed.numbers.map { (number) throws(LaunchError) in
            do throws(Errno) {
                return try PassedSocket(inspecting: number, name: passed.name(of: number))
            } catch {
                throw .system(action: "look at", path: "descriptor \(number) of LISTEN_FDS", errno: error)
            }
        }
    }

    /// What the service manager keeps for this service, by name.
    private func credentials() throws(LaunchError) -> [ServiceCredential] {
        guard let directory = serviceManager.credentialsDirectory else { return [] }
        do throws(Errno) {
            return try FileSystem.entries(of: directory.text).sorted().map { ServiceCredential(source: directory / $0) }
        } catch {
            throw .system(action: "read", path: directory.text, errno: error)
        }
    }

    /// The audit log of `profile`, to append to.
    public func auditLog(of profile: ProfileName) throws(LaunchError) -> AuditLog {
        do {
            return try AuditLog(of: profile, in: directories)
        } catch {
            throw .profile(error)
        }
    }

    private static func checkSeccomp() throws(LaunchError) {
        do {
            try SeccompFilter.checkAvailability()
        } catch {
            throw .noSeccomp(error)
        }
    }

    // MARK: Who and where

    /// The program of ours that is needed inside, unless /usr shows it there anyway: the gateway, which lies beside the
    /// launcher, or for the matrix the launcher itself.
    private func ownExecutable(_ options: LaunchOptions) -> AbsolutePath? {
        let program = options.runsProbe ? executable : executable.parent / "mazelclaw"
        // One that cannot be looked at is shown to no sandbox; to execute it then ends with 127.
        guard !(AbsolutePath.root / "usr").contains(program), (try? FileStatus(of: program.text, follow: true)) != nil
        else { return nil }
        return program
    }

    private func command(_ options: LaunchOptions) -> [ByteString]? {
        guard options.runsProbe else { return options.command }
        let inside = ownExecutable(options).map { PlanRequest.ownDirectory / $0.lastComponent } ?? executable
        return [ByteString(inside.text), ByteString(LaunchOptions.probeWord)]
    }

    /// Where the data of `profile` lives. What belongs to a user ID of the profile's own has no home to be in.
    private func paths(of profile: Profile, _ user: UserIdentity) -> ProfilePaths {
        var profile = profile
        if profile.stateDirectory == nil, user.isOwn, !user.isMapped {
            profile.stateDirectory = directories.instances / profile.name.text
        }
        return ProfilePaths(profile: profile, home: user.home)
    }

    /// Which user ID the payload of `profile` runs under: with root's rights, one of its own unless a user is named.
    private func mode(of profile: Profile, _ options: LaunchOptions) -> ProfileIdentity {
        let isUnnamed = Credentials.userID == 0 && profile.user == nil && !options.allowsRoot
        return profile.identity ?? (isUnnamed ? .own : .user)
    }

    /// Whom the payload of `profile` runs as. With `assigning`, a profile that is to have a user ID of its own and has none
    /// yet is given one for good.
    func user(
        of profile: Profile, _ options: LaunchOptions, assigning: Bool
    ) throws(LaunchError) -> UserIdentity {
        switch mode(of: profile, options) {
        case .own: try ownUser(of: profile, assigning: assigning)
        case .user: try namedUser(of: profile, options)
        }
    }

    private func ownUser(of profile: Profile, assigning: Bool) throws(LaunchError) -> UserIdentity {
        guard Credentials.userID == 0 else {
            throw .usage(
                "only root can give profile \"\(profile.name)\" a user ID of its own: start it with sudo or as a system "
                    + "unit, or set \"identity\": \"user\" in the profile")
        }
        let userID = try ownUserID(of: profile, assigning: assigning)
        guard let name = profile.user else {
            let home = profile.stateDirectory?.parent ?? directories.instances
            return UserIdentity(userID: userID, groupID: userID, name: "mazelclaw", home: home, isOwn: true)
        }
        let owner = try Self.parse(name)
        guard owner.userID != 0 else {
            throw .usage("\"\(name)\" is root, whose files no payload may have; name an unprivileged user, or none")
        }
        let home = try identity(userID: owner.userID, groupID: owner.groupID, entry: owner.entry, profile).home
        return UserIdentity(
            userID: userID, groupID: userID, name: owner.entry?.name ?? "mazelclaw", home: home,
            owner: UserIdentity.Owner(userID: owner.userID, groupID: owner.groupID), isOwn: true)
    }

    private func ownUserID(of profile: Profile, assigning: Bool) throws(LaunchError) -> UInt32 {
        #if DEBUG
            if let mutation = try Mutation(launcher: executable), mutation.layer == .ownUserID {
                return ProfileIdentity.ownUserIDs.upperBound
            }
        #endif
        do {
            let registry = IdentityRegistry(directories: directories)
            return assigning ? try registry.assign(to: profile.name) : try registry.propose(for: profile.name)
        } catch {
            throw .profile(error)
        }
    }

    private func namedUser(of profile: Profile, _ options: LaunchOptions) throws(LaunchError) -> UserIdentity {
        let own = Credentials.userID
        guard let wanted = profile.user else {
            guard own != 0 || options.allowsRoot else {
                throw .usage(
                    "profile \"\(profile.name)\" is to run as its user and names none: give --user NAME, or set \"user\" in "
                        + "the profile, or leave \"identity\": \"user\" out, or accept a root payload with --allow-root"
                )
            }
            return try identity(userID: own, groupID: Credentials.groupID, entry: Self.user(id: own), profile)
        }
        let user = try Self.parse(wanted)
        guard own == 0 || own == user.userID else {
            throw .usage(
                "only root can run a payload as another user: you are \(own), \"\(wanted)\" is \(user.userID); "
                    + "leave --user out, or use sudo")
        }
        guard user.userID != 0 || options.allowsRoot else {
            throw .usage("\"\(wanted)\" is root; choose an unprivileged user, or accept it with --allow-root")
        }
        do {
            try Credentials.acting(asUser: user.userID, group: user.groupID) {}
        } catch {
            throw .cannotBecome(user.userID, error as? Errno ?? .notPermitted)
        }
        return try identity(userID: user.userID, groupID: user.groupID, entry: user.entry, profile)
    }

    private func identity(
        userID: UInt32, groupID: UInt32, entry: UserDatabase.User?, _ profile: Profile
    ) throws(LaunchError) -> UserIdentity {
        let own = userID == Credentials.userID ? environment.first { $0.name == "HOME" }?.value : nil
        guard let home = (own ?? entry?.home).flatMap(AbsolutePath.init) ?? profile.stateDirectory?.parent else {
            throw .usage("user \(userID) has no home directory; give --state-dir")
        }
        return UserIdentity(userID: userID, groupID: groupID, name: entry?.name ?? "mazelclaw", home: home)
    }

    private static func parse(
        _ text: String
    ) throws(LaunchError) -> (userID: UInt32, groupID: UInt32, entry: UserDatabase.User?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let named: UserDatabase.User?
        if let number = UInt32(parts[0]) {
            named = try user(id: number)
            guard let group = parts.count == 2 ? UInt32(parts[1]) : named?.groupID ?? number else {
                throw .usage("\"\(text)\" is no user: expected NAME, UID or UID:GID")
            }
            return (number, group, named)
        }
        do {
            named = try UserDatabase.user(named: String(parts[0]))
        } catch {
            throw .system(action: "read", path: "/etc/passwd", errno: error)
        }
        guard let named, parts.count == 1 else {
            throw .usage("there is no user \"\(text)\" in /etc/passwd: expected NAME, UID or UID:GID")
        }
        return (named.userID, named.groupID, named)
    }

    private static func user(id: UInt32) throws(LaunchError) -> UserDatabase.User? {
        do {
            return try UserDatabase.user(id: id)
        } catch {
            throw .system(action: "read", path: "/etc/passwd", errno: error)
        }
    }

    private func makeDirectory(_ path: AbsolutePath, _ user: UserIdentity) throws(LaunchError) {
        do {
            if user.isOwn, !user.isMapped {
                try SafePath.makeDirectories(path, ownedBy: user.owner)
            } else {
                try Credentials.acting(asUser: user.owner.userID, group: user.owner.groupID) {
                    try SafePath.makeDirectories(path)
                }
            }
        } catch let refusal as SafePath.Refusal {
            throw .unsafePath(path, "\(refusal.errno.name) at \(refusal.detail)")
        } catch {
            throw .cannotBecome(user.owner.userID, error as? Errno ?? .notPermitted)
        }
    }
}
