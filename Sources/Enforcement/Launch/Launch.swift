import Glibc
import Linux
public import Policy
import Profiles
import SystemPackage

/// One start: the profile it is of, with the command line's choices merged in, and the plan that is made for it.
public struct Launch {
    /// The profile as this start uses it.
    public let profile: Profile
    /// Whether there was no such profile before.
    public let isNew: Bool
    /// Whom the payload runs as.
    let user: PayloadUser
    private let options: StartOptions
    private let caller: Caller

    /// A start of `options` by `caller`. With `creating` a missing profile is written down; without, it is what it would be.
    ///
    /// Throws `LaunchError` when the profile is invalid, is not to be trusted, or leaves open where its files are.
    public init(_ options: LaunchOptions, by caller: Caller, creating: Bool) throws(LaunchError) {
        (profile, isNew) = try ProfileSelection(caller: caller, options: options).profile(creating: creating)
        user = PayloadUser(of: profile, caller, allowsRoot: options.start.allowsRoot)
        self.options = options.start
        self.caller = caller
    }

    /// Takes the profile back that was made for this start, unless another start has taken it up meanwhile.
    public func forgetProfile() {
        ProfileSelection.forget(profile.name, caller: caller)
    }

    /// The state directory that this start would use.
    public func statePath() throws(LaunchError) -> AbsolutePath {
        user.paths(of: try user.identity(assigning: false)).state
    }

    /// The plan, made from the profile's policy and from what the host is now, with those of its siblings.
    ///
    /// With `preparing` the state directory and the workspace are made when they are missing, and a user ID of the profile's
    /// own is given for good.
    public func plan(preparing: Bool) throws(LaunchError) -> SandboxPlan {
        var (plan, siblings) = try planWithoutSiblings(preparing: preparing)
        plan.siblings = try siblings.plans()
        return plan
    }

    /// As `plan`, with the plans of its siblings left to be made.
    public func planWithoutSiblings(preparing: Bool) throws(LaunchError) -> (
        plan: SandboxPlan, siblings: SiblingPlanner
    ) {
        let identity = try user.identity(assigning: preparing)
        let paths = user.paths(of: identity)
        let request = try request(for: identity, paths)
        do {
            try request.checkTrees()
        } catch {
            throw .plan(error)
        }
        // Nothing is made for a start that files alone refuse.
        if preparing {
            try paths.makeDirectories(for: identity, overlaysWorkspace: profile.workspaceOverlay != nil)
        }
        var facts = try HostProbe(environment: caller.environment)
            .facts(user: identity, policy: request.policy, profile: profile, paths: paths)
        try BindGuard(for: caller, request.neighbours).check(profile.binds)
        facts.streams = try streams()
        let plan: SandboxPlan
        do {
            plan = try SandboxPlan(request, facts: facts)
        } catch {
            throw .plan(error)
        }
        let siblings = SiblingPlanner(
            of: request, facts, paths: paths, by: caller, isSupervised: try isSupervised())
        #if DEBUG || BENCHMARK
            let mutated = try Mutation(launcher: caller.executable)?.mutate(plan, environment: caller.environment)
            return (mutated ?? plan, siblings)
        #else
            return (plan, siblings)
        #endif
    }

    /// The seccomp policy that this start enforces, for `explain` and `why`.
    public func seccompPolicy() throws(LaunchError) -> SeccompPolicy {
        let policies = caller.policies
        do {
            return try seccompPolicy(in: try policies.load(profile.policy).seccompFile, policies)
        } catch {
            throw .profile(error)
        }
    }

    private func seccompPolicy(in file: AbsolutePath, _ policies: PolicyFiles) throws(ProfileError) -> SeccompPolicy {
        let text = try policies.seccompText(file)
        let policy: SeccompPolicy
        do {
            policy = try SeccompPolicy(file: file.text, text: text)
        } catch {
            throw .invalid(error)
        }
        return options.degradations.contains(.broker) ? policy.withoutSupervisor : policy
    }

    // MARK: What a plan is made from

    private func request(for identity: UserIdentity, _ paths: ProfilePaths) throws(LaunchError) -> PlanRequest {
        let rules = try StartRules(for: profile, caller, isSupervised: try isSupervised())
        var request = PlanRequest(
            profile: profile, ports: rules.ports, paths: paths, policy: rules.loaded.policy, seccomp: rules.program,
            ownExecutable: ownExecutable, command: command, degradations: options.degradations)
        request.toolHelper = try toolHelper()
        request.sharers = rules.sharers(of: identity)
        request.neighbours = rules.neighbours(of: identity)
        request.hiddenPaths = [caller.directories.configuration, caller.directories.state]
        if options.provesEverything {
            do {
                let policy = try seccompPolicy(in: rules.loaded.seccompFile, caller.policies)
                request.proofs = .complete(policy.refusedCalls(nameOf: SyscallTable.name))
            } catch {
                throw .profile(error)
            }
        }
        // A limit that cannot be looked up leaves no room for siblings.
        let limits = try? ProcessControl.limit(Int32(RLIMIT_NOFILE.rawValue))
        request.descriptorLimit = limits?.soft ?? 0
        request.serviceManager = caller.serviceManager
        request.isInteractive = options.isInteractive
        request.passedSockets = try caller.serviceManager.inspectedSockets()
        request.credentials = try caller.serviceManager.listedCredentials()
        return request
    }

    private func isSupervised() throws(LaunchError) -> Bool {
        #if DEBUG || BENCHMARK
            if let mutation = try Mutation(launcher: caller.executable), !mutation.keepsBroker { return false }
        #endif
        return !options.degradations.contains(.broker)
    }

    /// The program of ours that is needed inside, unless /usr shows it there anyway: the gateway, which lies beside the
    /// launcher, or for the matrix the launcher itself.
    private var ownExecutable: AbsolutePath? {
        let program = options.runsProbe ? caller.executable : caller.executable.parent / "mazelclaw"
        // One that cannot be looked at is shown to no sandbox; to execute it then ends with 127.
        guard !(AbsolutePath.root / "usr").contains(program), (try? FileStatus(of: program.text, follow: true)) != nil
        else { return nil }
        return program
    }

    /// What makes the cages of tools: it lies beside the launcher. Where /usr shows the program and its policy, it is found
    /// there.
    private func toolHelper() throws(LaunchError) -> PlanRequest.ToolHelper? {
        let program = caller.executable.parent / "mazelclaw-tool"
        guard !options.runsProbe, (try? FileStatus(of: program.text, follow: true)) != nil else { return nil }
        do {
            let directory = try caller.policies.loadTools().directory
            let usr = AbsolutePath.root / "usr"
            if usr.contains(program), usr.contains(directory) { return nil }
            return PlanRequest.ToolHelper(executable: program, policies: directory)
        } catch {
            throw .profile(error)
        }
    }

    private var command: [ByteString]? {
        guard options.runsProbe else { return options.command }
        let inside = ownExecutable.map { PlanRequest.ownDirectory / $0.lastComponent } ?? caller.executable
        return [ByteString(inside.text), ByteString(StartOptions.probeWord)]
    }

    private func streams() throws(LaunchError) -> StandardStreams {
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
}
