import JSON
import Policy
import Testing

@Suite struct SiblingPlanTests {
    private static func request(change: (inout Profile) throws -> Void = { _ in }) throws -> PlanRequest {
        try PlanFixture.request(change: change)
    }

    /// The plan of the shipped policy's sibling for Chromium.
    private static func plan(of request: PlanRequest) throws -> SandboxPlan {
        let facts = try PlanFixture.facts()
        let kind = try #require(request.siblingKinds(for: facts.user).first)
        let seccomp = SeccompProgram(file: "browser.seccomp.json", bytes: Array(repeating: 0, count: 8))
        return try SandboxPlan(
            request.sibling(kind, policy: PlanFixture.policy("browser"), seccomp: seccomp), facts: facts)
    }

    @Test func `a payload finds its socket by a variable, and nothing else of it changes`() throws {
        let plan = try SandboxPlan(Self.request(), facts: PlanFixture.facts())
        #expect(plan.keptDescriptors.numbers == [64])
        #expect(plan.command?.environment.contains { $0.assignment == "MAZELCLAW_SIBLINGS=64" } == true)
        var without = try Self.request()
        without.policy.siblings = []
        let other = try SandboxPlan(without, facts: PlanFixture.facts())
        #expect(other.keptDescriptors == KeptDescriptors())
        #expect(other.command?.environment.contains { $0.name == "MAZELCLAW_SIBLINGS" } == false)
        let changed = zip(plan.steps, other.steps).filter { $0 != $1 }.map(\.0.name)
        #expect(changed == ["close_range", "prove", "execve"])
    }

    @Test(arguments: [(64, []), (65, [64])] as [(UInt64, [Int32])])
    func `a launcher that may not have so many descriptors starts no siblings`(limit: UInt64, kept: [Int32]) throws {
        var request = try Self.request()
        request.descriptorLimit = limit
        let facts = try PlanFixture.facts()
        #expect(try SandboxPlan(request, facts: facts).keptDescriptors.numbers == kept)
        #expect(request.siblingKinds(for: facts.user).isEmpty == kept.isEmpty)
    }

    @Test func `of the state directory a sibling has its own part, and can execute nothing that it writes`() throws {
        let request = try Self.request { profile in
            profile.environment = [try #require(EnvironmentVariable(name: "SECRET", value: "x"))]
            profile.binds = [
                BindMount(
                    source: try PlanFixture.path("/srv/notes"), destination: try PlanFixture.path("/srv/notes"),
                    isWritable: false)
            ]
        }
        let plan = try Self.plan(of: request)
        let state = request.paths.state
        let binds = plan.steps.compactMap { if case .bind(let bind) = $0 { bind } else { nil } }
        let own = try #require(binds.first { $0.destination == state / "browser" })
        #expect(own.source == state / "browser")
        #expect(own.restrictions == [.noSetUserID, .noDevices, .noExecution])
        #expect(
            own.expectation
                == .entry(of: state, identity: FileIdentity(device: 1, inode: 2), ownedBy: 1000))
        #expect(!binds.contains { $0.destination == state || $0.destination.text == "/srv/notes" })
        for case .mountFileSystem(let mount) in plan.steps {
            guard case .temporary = mount.source else { continue }
            #expect(mount.restrictions.contains(.noExecution), "\(mount.destination)")
        }
        for case .applyLandlock(let rules) in plan.steps {
            for rule in rules.files where rule.access.contains(.write) {
                #expect(!rule.access.contains(.execute), "\(rule.path)")
            }
        }
        let names = try #require(plan.command).environment.map(\.name)
        #expect(names.filter { $0.hasPrefix("MAZELCLAW") } == ["MAZELCLAW_PROFILE", "MAZELCLAW_SANDBOX"])
        #expect(!names.contains("SECRET"))
    }

    @Test(arguments: [NetworkMode.shared, .private, .none])
    func `a sibling binds nothing, and connects to nothing of the instance's own`(network: NetworkMode) throws {
        let request = try Self.request { $0.network = network }
        let plan = try Self.plan(of: request)
        #expect(plan.portRules?.bindableTCPPorts == [])
        var own = request.ports.allCDP + [request.ports.gateway, request.ports.control]
        if let proxy = plan.proxy {
            #expect(proxy.gatewayPort == nil)
            #expect(plan.connectablePorts == [proxy.port])
            own.removeAll { $0 == proxy.port }
        }
        let connectable = try #require(plan.connectablePorts)
        #expect(Set(connectable).isDisjoint(with: own))
        #expect(plan.keptDescriptors.numbers == [3, 4])
        #expect(plan.sibling == "browser" && plan.siblings.isEmpty)
    }

    @Test func `a sibling has the profile's read-only binds in which its programs lie`() throws {
        let path = try PlanFixture.path("/srv/notes")
        let program = path / "chrome"
        let request = try Self.request { profile in
            profile.binds = [BindMount(source: path, destination: path, isWritable: false)]
            profile.siblingPrograms = [SiblingPrograms(kind: "browser", executables: [program])]
        }
        let kind = try #require(request.siblingKinds(for: PlanFixture.facts().user).first)
        #expect(kind.executables.contains(program))
        let sibling = request.sibling(kind, policy: try PlanFixture.policy("browser"), seccomp: request.seccomp)
        #expect(sibling.profile.binds.count == 1)
        var writable = request
        writable.profile.binds[0].isWritable = true
        #expect(writable.sibling(kind, policy: sibling.policy, seccomp: request.seccomp).profile.binds.isEmpty)
    }

    @Test func `whose files only root can map has no siblings`() throws {
        var facts = try PlanFixture.facts(isRoot: true)
        facts.user = UserIdentity(
            userID: 1_900_000_000, groupID: 1_900_000_000, name: "ada", home: facts.user.home,
            owner: UserIdentity.Owner(userID: 1000, groupID: 1000), isOwn: true)
        let request = try Self.request()
        #expect(request.siblingKinds(for: facts.user).isEmpty)
        #expect(try SandboxPlan(request, facts: facts).keptDescriptors.siblings == nil)
    }

    @Test func `with a layer of its own left out a sibling has the whole state directory, under the same proofs`()
        throws
    {
        let request = try Self.request()
        let plan = try Self.plan(of: request)
        let without = plan.leavingOut(.siblingPart, environment: [])
        let changed = zip(plan.steps, without.steps).filter { $0 != $1 }.map(\.1)
        let binds = changed.compactMap { if case .bind(let bind) = $0 { bind } else { nil } }
        #expect(changed.count == 1)
        #expect(binds.map(\.source) == [request.paths.state] && binds.map(\.destination) == [request.paths.state])
        #expect(without.proofs == plan.proofs)
    }

    @Test func `another program makes another plan, with the same variables`() throws {
        let plan = try Self.plan(of: Self.request())
        let other = plan.executing("/usr/bin/chromium", ["--headless=new"])
        #expect(other.command?.arguments.map(\.description) == ["/usr/bin/chromium", "--headless=new"])
        #expect(other.command?.environment == plan.command?.environment)
        #expect(other.steps.dropLast() == plan.steps.dropLast())
        #expect(other.hash != plan.hash)
    }
}

extension SandboxPlan {
    fileprivate var command: Command? {
        if case .execute(let command) = steps.last { command } else { nil }
    }
}
