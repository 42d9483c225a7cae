import JSON
import Policy
import Testing

/// Which passed descriptors a payload may have, and what a plan does with them.
@Suite struct PassedSocketTests {
    private static func listener(
        _ address: String, _ port: UInt16, isIPv6Only: Bool = false, sharesPort: Bool = false
    ) throws -> PassedSocket {
        PassedSocket(
            descriptor: 3, name: "http",
            kind: .listener(
                PassedSocket.Listener(
                    address: try #require(IPAddress(address)), port: port, isIPv6Only: isIPv6Only,
                    sharesPort: sharesPort)))
    }

    static let decisions: [(scope: BindScope, address: String, port: UInt16, rule: String?)] = [
        (.loopback, "127.0.0.1", 19789, nil), (.loopback, "::1", 19789, nil), (.loopback, "127.0.0.1", 19791, nil),
        (.loopback, "127.0.0.1", 19800, nil), (.loopback, "127.0.0.1", 19899, nil),
        (.loopback, "0.0.0.0", 19789, "outside-bind-scope"), (.loopback, "::", 19789, "outside-bind-scope"),
        (.loopback, "::ffff:0.0.0.0", 19789, "outside-bind-scope"),
        (.loopback, "192.0.2.1", 19789, "outside-bind-scope"), (.lan, "0.0.0.0", 19789, nil), (.lan, "::", 19789, nil),
        (.lan, "0.0.0.0", 19791, "loopback-only"), (.lan, "::", 19800, "loopback-only"),
        (.loopback, "127.0.0.1", 19790, "unassigned-port"), (.loopback, "127.0.0.1", 80, "unassigned-port"),
        (.lan, "0.0.0.0", 18789, "unassigned-port"),
    ]

    @Test(arguments: decisions)
    func `a listener is passed on where the payload could listen itself`(
        scope: BindScope, address: String, port: UInt16, rule: String?
    ) throws {
        let rules = try PlanFixture.request { $0.bind = scope }.portRules
        let socket = try Self.listener(address, port)
        let refusal = rules.refusal(of: socket)
        #expect((refusal == nil) == (rule == nil))
        if let rule {
            #expect(refusal?.contains("rule \(rule)") == true)
            #expect(refusal?.contains("descriptor 3") == true)
            #expect(refusal?.contains("\(socket.kind)") == true)
        }
    }

    @Test func `a probe's port 0 permits no passed listener`() throws {
        let rules = try PlanFixture.request { $0.loopbackProbe = true }.portRules
        #expect(try rules.refusal(of: Self.listener("127.0.0.1", 45678))?.contains("unassigned-port") == true)
    }

    @Test func `a port that can be shared, and what is no TCP listener, are refused`() throws {
        let rules = try PlanFixture.request().portRules
        let shared = try Self.listener("127.0.0.1", 19789, sharesPort: true)
        #expect(rules.refusal(of: shared)?.contains("shared-port") == true)
        let other = PassedSocket(descriptor: 4, name: nil, kind: .other("a Unix socket"))
        let refusal = rules.refusal(of: other)
        #expect(refusal?.contains("descriptor 4 of LISTEN_FDS (a Unix socket)") == true)
        #expect(refusal?.contains("listening-tcp-only") == true)
    }

    static let coverages: [(bound: String, isIPv6Only: Bool, covered: Set<String>)] = [
        ("127.0.0.1", false, ["127.0.0.1"]), ("::ffff:127.0.0.1", false, ["127.0.0.1"]), ("::1", false, ["::1"]),
        ("0.0.0.0", false, ["127.0.0.1"]), ("::", false, ["127.0.0.1", "::1"]), ("::", true, ["::1"]),
        ("192.0.2.1", false, []), ("127.0.0.2", false, []),
    ]

    @Test(arguments: coverages)
    func `a listener has the addresses whose connections it gets`(
        bound: String, isIPv6Only: Bool, covered: Set<String>
    ) throws {
        let listener = try #require(try Self.listener(bound, 1, isIPv6Only: isIPv6Only).listener)
        for address in [IPAddress.loopback4, .loopback6] {
            #expect(listener.accepts(address) == covered.contains("\(address)"), "\(address)")
        }
    }

    @Test func `a plan keeps what is passed, says so, and tells the payload`() throws {
        var request = try PlanFixture.request()
        request.passedSockets = [try Self.listener("127.0.0.1", 19789)]
        request.policy.siblings = []
        let plan = try SandboxPlan(request, facts: PlanFixture.facts())
        let step = try #require(plan.steps.first { $0.name == "close_range" })
        #expect(step.act["keep"]?.text() == #"[{"descriptor":3,"name":"http","socket":"127.0.0.1:19789/tcp"}]"#)
        #expect(step.summary.contains("127.0.0.1:19789"))
        #expect(plan.passesListener(on: .loopback4, port: 19789))
        #expect(!plan.passesListener(on: .loopback6, port: 19789))
        #expect(!plan.passesListener(on: .loopback4, port: 19791))
        let environment = try Self.environment(of: plan)
        #expect(environment["LISTEN_FDS"] == "1")
        #expect(environment["LISTEN_PID"] == "2")
        #expect(environment["LISTEN_FDNAMES"] == "http")
        #expect(plan.proofs.contains { $0.act == .keepDescriptors([3]) })
        // It is part of what the plan's hash stands for.
        #expect(try plan.hash != SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts()).hash)
    }

    @Test func `a plan with a listener of another profile's is refused`() throws {
        var request = try PlanFixture.request()
        request.passedSockets = [try Self.listener("127.0.0.1", 18789)]
        #expect(throws: PlanError.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
        // Nobody gives up that rule together with the broker.
        request.degradations = [.broker]
        #expect(throws: PlanError.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
    }

    @Test func `a service manager's variables are true inside, and never inherited`() throws {
        var request = try PlanFixture.request()
        request.policy.inheritedEnvironment += ["NOTIFY_*", "WATCHDOG_*", "LISTEN_*"]
        var facts = try PlanFixture.facts()
        for name in ServiceManager.variables {
            facts.environment += [EnvironmentVariable(name: name, value: "outside")].compactMap { $0 }
        }
        let without = try SandboxPlan(request, facts: facts)
        let bare = try Self.environment(of: without)
        for name in ServiceManager.variables { #expect(bare[name] == nil) }
        #expect(!without.steps.map(\.name).contains("sd_notify"))

        let variables = ["NOTIFY_SOCKET": "/run/systemd/notify", "WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "9"]
        request.serviceManager = try ServiceManager(processID: 9) { variables[$0] }
        let plan = try SandboxPlan(request, facts: facts)
        let environment = try Self.environment(of: plan)
        #expect(environment["NOTIFY_SOCKET"] == "/run/mazelclaw/notify")
        #expect(environment["WATCHDOG_USEC"] == "5000000")
        #expect(environment["WATCHDOG_PID"] == "2")
        #expect(environment["LISTEN_PID"] == nil)
        let names = plan.steps.map(\.name)
        let made = try #require(names.firstIndex(of: "sd_notify"))
        #expect(try made < #require(names.firstIndex(of: "seal-root")))
    }

    @Test func `a bind that would hold the socket is refused`() throws {
        var request = try PlanFixture.request { profile in
            let notes = try PlanFixture.path("/srv/notes")
            profile.binds = [
                BindMount(source: notes, destination: try PlanFixture.path("/run/mazelclaw"), isWritable: true)
            ]
        }
        #expect(throws: Never.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
        request.serviceManager = try ServiceManager(processID: 9) { ["NOTIFY_SOCKET": "@x"][$0] }
        #expect(throws: PlanError.self) { try SandboxPlan(request, facts: PlanFixture.facts()) }
    }

    private static func environment(of plan: SandboxPlan) throws -> [String: String] {
        guard case .execute(let command) = plan.steps.last else { return [:] }
        return Dictionary(uniqueKeysWithValues: command.environment.map { ($0.name, $0.value) })
    }
}
