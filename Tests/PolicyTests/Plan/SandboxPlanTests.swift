import Foundation
import JSON
import Policy
import Testing

@Suite struct SandboxPlanTests {
    @Test func `the plan of the shipped policy is the golden one`() throws {
        let plan = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts())
        let golden = PlanFixture.repository.appending(path: "Tests/PolicyTests/Golden/gateway-plan.json")
        let text = plan.json.text(pretty: true) + "\n"
        // Reviewed like code: MAZELCLAW_UPDATE_GOLDEN=1 writes it anew, git diff shows what changed.
        if ProcessInfo.processInfo.environment["MAZELCLAW_UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: golden)
        }
        #expect(try String(contentsOf: golden, encoding: .utf8) == text)
    }

    @Test func `what makes the cages of tools is shown with its policy, and cannot be written`() throws {
        var request = try PlanFixture.request()
        request.toolHelper = PlanRequest.ToolHelper(
            executable: try PlanFixture.path("/srv/stage/bin/mazelclaw-tool"),
            policies: try PlanFixture.path("/srv/stage/share/mazelclaw/policies"))
        let plan = try SandboxPlan(request, facts: PlanFixture.facts())
        let program = try PlanFixture.path("/opt/mazelclaw/bin/mazelclaw-tool")
        var restrictions: [AbsolutePath: MountRestrictions] = [:]
        for case .bind(let bind) in plan.steps { restrictions[bind.destination] = bind.restrictions }
        #expect(restrictions[program] == [.readOnly, .noSetUserID, .noDevices])
        #expect(
            restrictions[PlanRequest.toolPolicyDirectory] == [.readOnly, .noSetUserID, .noDevices, .noExecution])
        for case .applyLandlock(let rules) in plan.steps {
            #expect(rules.files.first { $0.path == program }?.access == [.list, .read, .execute])
            #expect(rules.files.first { $0.path == PlanRequest.toolPolicyDirectory }?.access == [.list, .read])
        }
    }

    @Test func `privileges go before the payload starts and the filter comes last`() throws {
        let steps = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts()).steps.map(\.name)
        func index(_ name: String) throws -> Int { try #require(steps.firstIndex(of: name)) }
        #expect(try index("pivot_root") < index("nest-user-namespace"))
        #expect(try index("nest-user-namespace") < index("capabilities"))
        #expect(try index("capabilities") < index("no_new_privs"))
        #expect(try index("undumpable") < index("fork"))
        #expect(try index("landlock") < index("seccomp"))
        #expect(steps.suffix(4) == ["seccomp", "notify", "prove", "execve"])
        // RLIMIT_NPROC counts per user namespace since Linux 5.14.
        #expect(try index("nest-user-namespace") < index("setrlimit"))
    }

    @Test func `a stage begins where the one before it makes its process`() throws {
        var request = try PlanFixture.request { profile in
            profile.network = .private
            profile.limits.tasks = 64
            profile.workspaceOverlay = 1 << 20
        }
        request.isInteractive = true
        request.credentials = [ServiceCredential(source: try PlanFixture.path("/run/credentials/x/token"))]
        var mapped = try PlanFixture.facts(isRoot: true)
        mapped.user = UserIdentity(
            userID: 1_900_000_000, groupID: 1_900_000_000, name: "ada", home: mapped.user.home,
            owner: UserIdentity.Owner(userID: 1000, groupID: 1000), isOwn: true)
        for plan in [
            try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts()),
            try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts(isRoot: true)),
            try SandboxPlan(request, facts: mapped),
        ] {
            let clone = try #require(plan.steps.firstIndex { $0.name == "clone" })
            let fork = try #require(plan.steps.firstIndex { $0.name == "fork" })
            #expect(plan.stages[...clone].allSatisfy { $0 == .supervisor })
            #expect(plan.stages[(clone + 1)...fork].allSatisfy { $0 == .initProcess })
            #expect(plan.stages[(fork + 1)...].allSatisfy { $0 == .payload })
        }
    }

    @Test func `an interactive start differs in its terminal alone`() throws {
        var request = try PlanFixture.request()
        let plain = try SandboxPlan(request, facts: PlanFixture.facts())
        request.isInteractive = true
        let plan = try SandboxPlan(request, facts: PlanFixture.facts())
        let own: [Step] = [.openTerminal(try PlanFixture.path("/dev/pts/ptmx")), .takeTerminal]
        #expect(plan.steps.filter(own.contains) == own)
        #expect(plan.leavingOutProofs().steps.filter { !own.contains($0) } == plain.leavingOutProofs().steps)
        #expect(plan.proofs.filter { !plain.proofs.contains($0) }.map(\.guarantee).count == 1)
        let names = plan.steps.map(\.name)
        let mount = try #require(plan.steps.firstIndex { $0.summary.hasPrefix("mount type=devpts") })
        #expect(try mount < #require(names.firstIndex(of: "openpty")))
        #expect(try #require(names.firstIndex(of: "openpty")) < #require(names.firstIndex(of: "seal-root")))
        #expect(names.firstIndex(of: "tiocsctty") == names.firstIndex(of: "setsid").map { $0 + 1 })
        request.policy.mounts.removeAll { if case .terminals = $0.source { true } else { false } }
        #expect(throws: PlanError.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
    }

    @Test func `limits come first, in a cgroup, and change nothing else`() throws {
        let plain = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts())
        let limited = { (profile: inout Profile) in
            (profile.limits.memory, profile.limits.tasks, profile.limits.cpuWeight) = (1 << 30, 64, 50)
        }
        let plan = try SandboxPlan(PlanFixture.request(change: limited), facts: PlanFixture.facts(isRoot: true))
        #expect(
            plan.steps[0].summary
                == "cgroup memory.max=1073741824 memory.swap.max=0 memory.oom.group=1 pids.max=64 cpu.weight=50")
        #expect(plan.stages[0] == .supervisor)
        #expect(plan.steps[1].name == "setresuid")
        let asUser = try SandboxPlan(PlanFixture.request(change: limited), facts: PlanFixture.facts())
        #expect(Array(asUser.steps.dropFirst()) == plain.steps)
        #expect(asUser.hash != plain.hash)
        let given = try SandboxPlan(
            PlanFixture.request(degradations: [.limits], change: limited), facts: PlanFixture.facts())
        #expect(given.groupLimits == nil)
        #expect(!given.steps.contains { $0.name == "cgroup" })
    }

    @Test func `root's payload is held to a number of processes by its cgroup alone`() throws {
        var facts = try PlanFixture.facts(isRoot: true)
        facts.user = UserIdentity(userID: 0, groupID: 0, name: "root", home: try PlanFixture.path("/root"))
        #expect(throws: PlanError.self) { try SandboxPlan(PlanFixture.request(), facts: facts) }
        let plan = try SandboxPlan(PlanFixture.request { $0.limits.tasks = 64 }, facts: facts)
        #expect(plan.groupLimits?.tasks == 64)
        #expect(throws: PlanError.self) {
            try SandboxPlan(PlanFixture.request(degradations: [.limits]) { $0.limits.tasks = 64 }, facts: facts)
        }
    }

    @Test func `streams are relayed where they must be, and an own terminal takes their place`() throws {
        var facts = try PlanFixture.facts()
        let plain = try SandboxPlan(PlanFixture.request(), facts: facts)
        #expect(!plain.steps.map(\.name).contains("streams"))
        #expect(plain.proofs.contains { $0.act == .haveOwnStreams([]) })
        (facts.streams.output.kind, facts.streams.error.kind) = (.channel, .channel)
        let plan = try SandboxPlan(PlanFixture.request(), facts: facts)
        let names = plan.steps.map(\.name)
        #expect(plan.streams.pipes == [[1, 2]])
        #expect(try #require(names.firstIndex(of: "streams")) < #require(names.firstIndex(of: "seal-root")))
        #expect(plan.proofs.contains { $0.act == .haveOwnStreams([1, 2]) })
        // Wherever a start writes to, it is restricted alike.
        #expect(plan.hash == plain.hash)
        var request = try PlanFixture.request()
        request.isInteractive = true
        #expect(try SandboxPlan(request, facts: facts).streams.isEmpty)
    }

    @Test func `the journal's stream is not the payload's to know`() throws {
        var (facts, request) = (try PlanFixture.facts(), try PlanFixture.request())
        facts.environment.append(try #require(EnvironmentVariable(name: "JOURNAL_STREAM", value: "1:2")))
        facts.environment.append(try #require(EnvironmentVariable(name: "JOURNAL_OTHER", value: "3")))
        request.policy.inheritedEnvironment.append("JOURNAL_*")
        let variables = try environment(of: SandboxPlan(request, facts: facts))
        #expect(variables["JOURNAL_STREAM"] == nil)
        #expect(variables["JOURNAL_OTHER"] == "3")
    }

    @Test func `a network of its own is one with nothing but loopback`() throws {
        let plan = try SandboxPlan(PlanFixture.request { $0.network = .none }, facts: PlanFixture.facts())
        #expect(plan.steps.first == .enterNamespaces(Namespace.always + [.network]))
        let names = plan.steps.map(\.name)
        // Its owner is the first user namespace, in which alone there are the rights to do so.
        #expect(try #require(names.firstIndex(of: "uid_map")) < #require(names.firstIndex(of: "loopback")))
        #expect(try #require(names.firstIndex(of: "loopback")) < #require(names.firstIndex(of: "nest-user-namespace")))
        let ways = plan.proofs.filter { if case .findRoute = $0.act { true } else { false } }
        #expect(ways.count == 4)
        #expect(plan.proofs.contains { $0.act == .haveOwnNamespace(.network) })
        let shared = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts())
        #expect(!shared.steps.map(\.name).contains("loopback"))
        #expect(!shared.proofs.contains { $0.act == .haveOwnNamespace(.network) })
        #expect(shared.hash != plan.hash)
    }

    @Test func `with a listener in the host's network only own ports can be connected to`() throws {
        let plan = try SandboxPlan(PlanFixture.request { $0.network = .private }, facts: PlanFixture.facts())
        // The proxy's port is nobody's.
        let own: [UInt16] = [19789, 19791, 19792] + Array(19800...19899)
        #expect(plan.connectablePorts == own)
        #expect(plan.proxy?.port == 19792)
        #expect(try environment(of: plan)["https_proxy"] == "http://127.0.0.1:19792")
        #expect(plan.proofs.contains { if case .leaveLoopback = $0.act { true } else { false } })
    }

    @Test(arguments: [Degradation.broker, .landlock, .landlockNet])
    func `a private network does without no guarantee that holds it`(given: Degradation) throws {
        let request = try PlanFixture.request(degradations: [given]) { $0.network = .private }
        let error = #expect(throws: PlanError.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
        #expect(error?.description.contains("cannot do without \(given.rawValue)") == true)
    }

    @Test func `a listener of the host's is not passed into a network of one's own`() throws {
        let listener = PassedSocket.Listener(address: .loopback4, port: 19789)
        var request = try PlanFixture.request()
        request.passedSockets = [PassedSocket(descriptor: 3, name: nil, kind: .listener(listener))]
        _ = try SandboxPlan(request, facts: PlanFixture.facts())
        request.profile.network = .none
        let error = #expect(throws: PlanError.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
        #expect(error?.description.contains("rule network-none") == true)
    }

    @Test func `a start by root becomes the user first`() throws {
        let plan = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts(isRoot: true))
        #expect(plan.steps.first == .becomeUser(userID: 1000, groupID: 1000))
    }

    @Test func `a payload with a user ID of its own sees its owner's files as its own`() throws {
        var facts = try PlanFixture.facts(isRoot: true)
        let (owner, own) = (facts.user.owner, UserIdentity.Owner(userID: 1_900_000_000, groupID: 1_900_000_000))
        facts.user = UserIdentity(
            userID: own.userID, groupID: own.groupID, name: "ada", home: facts.user.home, owner: owner, isOwn: true)
        let plan = try SandboxPlan(PlanFixture.request(), facts: facts)
        let state = facts.user.home / ".mazelclaw-rescue"
        let identity = FileIdentity(device: 1, inode: 2)
        guard case .mapOwner(let tree) = plan.steps.first else {
            Issue.record("nothing is mapped first")
            return
        }
        #expect(tree.source == state)
        #expect(tree.expectation == .directory(ownedBy: 1000, identity: identity))
        #expect(tree.owner == owner)
        #expect(tree.user == own)
        // While it is root: nobody else may map owners.
        #expect(plan.steps.dropFirst().first == .becomeUser(userID: own.userID, groupID: own.groupID))
        for case .bind(let bind) in plan.steps where bind.source == state {
            #expect(bind.isMapped)
            #expect(bind.expectation == .directory(ownedBy: own.userID, identity: identity))
        }
        #expect(plan.steps.contains { if case .bind(let bind) = $0 { bind.isMapped } else { false } })
        #expect(plan.proofs.contains { $0.act == .haveIdentity(userID: own.userID, groupID: own.groupID) })
    }

    @Test func `only listed variables are inherited, and the launcher's own win`() throws {
        let request = try PlanFixture.request { profile in
            profile.environment = [EnvironmentVariable(name: "MAZELCLAW_PROFILE", value: "main")].compactMap { $0 }
        }
        let environment = try environment(of: SandboxPlan(request, facts: PlanFixture.facts()))
        #expect(environment["LANG"] == "C.UTF-8")
        #expect(environment["LC_TIME"] == "de_DE.UTF-8")
        #expect(environment["SSH_AUTH_SOCK"] == nil)
        #expect(environment["LD_PRELOAD"] == nil)
        #expect(environment["MAZELCLAW_PROFILE"] == "rescue")
        #expect(environment["MAZELCLAW_GATEWAY_PORT"] == "19789")
    }

    @Test func `Landlock allows exactly the profile's ports`() throws {
        let request = try PlanFixture.request { $0.connectPorts = [5432] }
        let rules = try landlock(of: SandboxPlan(request, facts: PlanFixture.facts()))
        let own: [UInt16] = [19789, 19791] + Array(19800...19899)
        #expect(rules.bindPorts == own)
        #expect(rules.connectPorts == [53, 80, 443, 5432] + own)
    }

    @Test(arguments: [
        "/home/ada/.mazelclaw-main", "/home/ada/.mazelclaw-main/inner", "/home/ada",
        "/home/ada/.mazelclaw-main/workspace",
    ])
    func `another profile's state directory is shared by no tree`(path: String) throws {
        let name = try #require(ProfileName("main"))
        let ports = try #require(PortSet(base: 18789))
        let trees: [(inout Profile, AbsolutePath) -> Void] = [
            { $0.stateDirectory = $1 }, { $0.workspace = $1 },
            { $0.binds = [BindMount(source: $1, destination: .root / "data", isWritable: false)] },
        ]
        for set in trees {
            let tree = try PlanFixture.path(path)
            var request = try PlanFixture.request { set(&$0, tree) }
            request.neighbours = [
                Neighbour(name: name, ports: ports, state: try PlanFixture.path("/home/ada/.mazelclaw-main"))
            ]
            let error = #expect(throws: PlanError.self) { try request.checkTrees() }
            #expect(error?.description.contains("\(path): /home/ada/.mazelclaw-main is the state directory of") == true)
            request.neighbours = [
                Neighbour(name: name, ports: ports, state: try PlanFixture.path("/home/ada/.mazelclaw-mai"))
            ]
            if path != "/home/ada" { try request.checkTrees() }
        }
    }

    @Test(arguments: [(19792, NetworkMode.private), (19793, .private), (19792, .shared)] as [(UInt16, NetworkMode)])
    func `a private network's proxy has its port to itself`(port: UInt16, network: NetworkMode) throws {
        var request = try PlanFixture.request { $0.network = network }
        request.ports = try #require(PortSet(base: 19789, pinned: [port]))
        let isTaken = port == 19792 && network == .private
        do {
            _ = try SandboxPlan(request, facts: PlanFixture.facts())
            #expect(!isTaken)
        } catch {
            #expect(isTaken && "\(error)".contains("19792 in \"cdpPorts\""), "\(error)")
        }
    }

    static let kernels: [(abi: Int32, missing: Degradation)] = [
        (0, .landlock), (3, .landlockNet), (5, .landlockScope),
    ]

    @Test(arguments: kernels)
    func `a kernel without a guarantee is refused by name, and accepted when it is given up`(
        abi: Int32, missing: Degradation
    ) throws {
        #expect(throws: PlanError.self) {
            try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts(landlockABI: abi))
        }
        do {
            _ = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts(landlockABI: abi))
        } catch PlanError.unavailable(let guarantee, _, _) {
            #expect(guarantee == missing)
        }
        let given: [Degradation] = missing == .landlockNet ? [.landlockNet, .landlockScope] : [missing]
        let plan = try SandboxPlan(
            PlanFixture.request(degradations: given), facts: PlanFixture.facts(landlockABI: abi))
        #expect(plan.degradations == given)
        #expect(try environment(of: plan)["MAZELCLAW_DEGRADED"] == given.map(\.rawValue).joined(separator: ","))
    }

    @Test(arguments: ["/", "/usr", "/home/ada/.mazelclaw-rescue/inside", "/home", "/usr/share", "/dev"])
    func `a bind that hides or enters another is refused`(destination: String) throws {
        let request = try PlanFixture.request { profile in
            profile.binds = [
                BindMount(
                    source: try PlanFixture.path("/srv/notes"), destination: try PlanFixture.path(destination),
                    isWritable: true)
            ]
        }
        #expect(throws: PlanError.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
    }

    @Test func `a bind beside the others is made`() throws {
        let request = try PlanFixture.request { profile in
            let notes = try PlanFixture.path("/srv/notes")
            profile.binds = [BindMount(source: notes, destination: notes, isWritable: false)]
        }
        let steps = try SandboxPlan(request, facts: PlanFixture.facts()).steps
        let bind = steps.compactMap { if case .bind(let bind) = $0 { bind } else { nil } }
            .first { $0.source.text == "/srv/notes" }
        #expect(bind?.restrictions == [.readOnly, .noSetUserID, .noDevices])
    }

    @Test func `the state directory must be the very one that was seen, and its user's`() throws {
        let steps = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts()).steps
        let bind = steps.compactMap { if case .bind(let bind) = $0 { bind } else { nil } }
            .first { $0.source.text == "/home/ada/.mazelclaw-rescue" }
        #expect(
            bind?.expectation
                == .directory(ownedBy: 1000, identity: FileIdentity(device: 1, inode: 2)))
        #expect(bind?.source == bind?.destination)
    }

    @Test(arguments: ["/home/ada/.mazelclaw-rescue/workspace-rescue", "/srv/work"])
    func `an overlay covers the workspace, which stays as it was seen`(workspace: String) throws {
        let path = try PlanFixture.path(workspace)
        let identity = FileIdentity(device: 1, inode: 9)
        var facts = try PlanFixture.facts()
        facts.identities.append((path, identity))
        let request = try PlanFixture.request {
            $0.workspace = path
            $0.workspaceOverlay = 8 << 20
        }
        let plan = try SandboxPlan(request, facts: facts)
        let overlays = plan.steps.indices.compactMap { index in
            if case .mountOverlay(let overlay) = plan.steps[index] { (index, overlay) } else { nil }
        }
        let (place, overlay) = try #require(overlays.first)
        #expect(overlays.count == 1 && overlay.directory == path && overlay.bytes == 8 << 20)
        #expect(overlay.expectation == .directory(ownedBy: 1000, identity: identity))
        #expect(overlay.coversItself == (workspace != "/srv/work"))
        #expect(overlay.restrictions == [.noSetUserID, .noDevices])
        let binds = plan.steps.indices.filter { if case .bind = plan.steps[$0] { true } else { false } }
            .filter { plan.steps[$0].summary.contains("destination=/home/ada/.mazelclaw-rescue ") }
        #expect(binds.count == 1 && binds[0] < place)
        #expect(!plan.steps.contains { if case .bind(let bind) = $0 { bind.source == path } else { false } })
        #expect(plan.proofs.contains { $0.act == .haveOverlay(path) })
        var other = request
        other.profile.binds = [
            BindMount(source: try PlanFixture.path("/srv/notes"), destination: path, isWritable: true)
        ]
        #expect(throws: PlanError.self) { try SandboxPlan(other, facts: facts) }
    }

    @Test func `a name is looked for in PATH, a path is not`() {
        let path = [EnvironmentVariable(name: "PATH", value: "/a:/b")].compactMap { $0 }
        let named = Command(program: ByteString("sh"), arguments: [], environment: path)
        #expect(named.candidates.map(\.description) == ["/a/sh", "/b/sh"])
        let exact = Command(program: ByteString("./sh"), arguments: [], environment: path)
        #expect(exact.candidates.map(\.description) == ["./sh"])
    }

    private func environment(of plan: SandboxPlan) throws -> [String: String] {
        guard case .execute(let command) = plan.steps.last else { return [:] }
        return Dictionary(uniqueKeysWithValues: command.environment.map { ($0.name, $0.value) })
    }

    private func landlock(of plan: SandboxPlan) throws -> LandlockRules {
        let rules = plan.steps.compactMap { if case .applyLandlock(let rules) = $0 { rules } else { nil } }
        return try #require(rules.first)
    }
}
