import Policy
import Testing

@Suite struct PortRulesTests {
    private static func rules(
        _ scope: BindScope = .loopback, udp: [UInt16] = [], probe: Bool = false,
        tcp: [PortSelector] = [.gateway, .control, .cdp], sharesAbstractNames: Bool = true
    ) throws -> PortRules {
        PortRules(
            ports: try #require(PortSet(base: 19789)), tcp: tcp, udp: udp, scope: scope, loopbackProbe: probe,
            sharesAbstractNames: sharesAbstractNames, ceilings: .usual, policyFile: "policies/gateway.json")
    }

    private static let loopback = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]
    private static let others = ["0.0.0.0", "::", "::ffff:0.0.0.0", "192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"]

    private static func decide(_ rules: PortRules, _ address: String, _ port: UInt16) throws -> PortDecision {
        rules.decide(bind: .tcp, to: try #require(IPAddress(address)), port: port)
    }

    @Test func `on loopback exactly the port set may be bound`() throws {
        let rules = try Self.rules()
        for address in Self.loopback {
            let address = try #require(IPAddress(address))
            for port in UInt16.min...UInt16.max {
                let decision = rules.decide(bind: .tcp, to: address, port: port)
                #expect(decision.isAllowed == rules.ports.contains(port), "\(address) \(port)")
                #expect(rules.decide(listenOn: address, port: port) == decision || port == 0)
            }
        }
    }

    @Test func `elsewhere nothing may be bound by default`() throws {
        let rules = try Self.rules()
        for address in Self.others {
            let address = try #require(IPAddress(address))
            for port in UInt16.min...UInt16.max {
                #expect(!rules.decide(bind: .tcp, to: address, port: port).isAllowed, "\(address) \(port)")
                #expect(!rules.decide(listenOn: address, port: port).isAllowed)
            }
        }
    }

    @Test func `lan opens the gateway port, and no other`() throws {
        let rules = try Self.rules(.lan)
        for address in Self.others {
            #expect(try Self.decide(rules, address, 19789) == .allowed(.gateway))
            #expect(try Self.refusal(rules, address, 19791) == .loopbackOnly)
            #expect(try Self.refusal(rules, address, 19800) == .loopbackOnly)
            #expect(try Self.refusal(rules, address, 19899) == .loopbackOnly)
            #expect(try Self.refusal(rules, address, 19790) == .unassigned)
        }
    }

    @Test func `an address opens the gateway port there, and on loopback`() throws {
        let rules = try Self.rules(try #require(BindScope("192.0.2.7")))
        for address in Self.loopback + ["192.0.2.7", "::ffff:192.0.2.7"] {
            #expect(try Self.decide(rules, address, 19789) == .allowed(.gateway))
        }
        for address in ["0.0.0.0", "::", "192.0.2.8", "2001:db8::7"] {
            #expect(try Self.refusal(rules, address, 19789) == .outsideScope)
        }
    }

    @Test func `a port the policy lists by number goes where the gateway's may`() throws {
        let rules = try Self.rules(tcp: [.gateway, .number(8080)])
        #expect(try Self.decide(rules, "::1", 8080) == .allowed(.listedTCP))
        #expect(try Self.refusal(rules, "0.0.0.0", 8080) == .outsideScope)
        #expect(try Self.refusal(rules, "127.0.0.1", 19791) == .unassigned)
        #expect(rules.bindableTCPPorts == [8080, 19789])
    }

    @Test func `port 0 is refused, or for a probe allowed on loopback`() throws {
        for address in Self.loopback {
            #expect(try Self.refusal(try Self.rules(), address, 0) == .anyPort)
            #expect(try Self.decide(try Self.rules(probe: true), address, 0) == .allowed(.loopbackProbe))
        }
        for address in Self.others {
            #expect(try Self.refusal(try Self.rules(.lan, probe: true), address, 0) == .anyPort)
        }
    }

    @Test func `a probe may listen where it was bound, on loopback only`() throws {
        let rules = try Self.rules(.lan, probe: true)
        let any = try #require(IPAddress("0.0.0.0"))
        #expect(rules.decide(listenOn: .loopback4, port: 40000) == .allowed(.loopbackProbe))
        #expect(!rules.decide(listenOn: any, port: 40000).isAllowed)
        #expect(!(try Self.rules().decide(listenOn: .loopback4, port: 40000).isAllowed))
    }

    @Test func `to listen unbound is refused whatever else is allowed`() throws {
        for address in [IPAddress.loopback4, .loopback6, .v4(0)] {
            let decision = try Self.rules(.lan, udp: [5353], probe: true).decide(listenOn: address, port: 0)
            #expect(decision.refusal == .unboundListen)
        }
    }

    @Test func `UDP is ephemeral, or listed`() throws {
        let rules = try Self.rules(udp: [5353])
        for address in [IPAddress.loopback4, .v4(0), .loopback6] {
            #expect(rules.decide(bind: .udp, to: address, port: 0) == .allowed(.ephemeralUDP))
            #expect(rules.decide(bind: .udp, to: address, port: 5353) == .allowed(.listedUDP))
            #expect(rules.decide(bind: .udp, to: address, port: 19789).refusal == .unlistedUDP)
            #expect(rules.decide(bind: .udp, to: address, port: 53).refusal == .unlistedUDP)
        }
    }

    @Test func `a port is never shared`() throws {
        for transport in [Transport.tcp, .udp] {
            for port in [0, 5353, 19789] as [UInt16] {
                let decision = try Self.rules(.lan, udp: [5353], probe: true)
                    .decide(bind: transport, to: .loopback4, port: port, sharingPort: true)
                #expect(decision.refusal == .sharedPort)
            }
        }
    }

    @Test func `an abstract name is refused where it is the host's, and allowed where it is the sandbox's own`() throws
    {
        #expect(try Self.rules().decideAbstractName().refusal == .hostAbstractName)
        #expect(try Self.rules(sharesAbstractNames: false).decideAbstractName() == .allowed(.abstractName))
        for network in NetworkMode.allCases {
            let rules = try PlanFixture.request { $0.network = network }.portRules
            #expect(rules.decideAbstractName().isAllowed == network.isOwn)
        }
    }

    @Test func `the ports of the host's network are counted, those of an own one are not`() throws {
        for network in NetworkMode.allCases {
            let rules = try PlanFixture.request { $0.network = network }.portRules
            #expect((rules.ceilings == nil) == network.isOwn)
        }
        let rules = try Self.rules()
        #expect(rules.ceilings?.most(of: .udp) == 512)
        #expect(rules.decideOneMore(of: .udp).refusal == .tooManyUDPPorts)
        #expect(rules.decideOneMore(of: .tcp).refusal == .tooManyListeners)
    }

    @Test func `Landlock is told every port that may be bound somewhere, and no more`() throws {
        for selectors in [[.gateway, .control, .cdp], [.gateway], [.cdp, .number(8080), .gateway]] as [[PortSelector]] {
            let rules = try Self.rules(tcp: selectors)
            let bindable = (1...UInt16.max).filter { rules.decide(bind: .tcp, to: .loopback4, port: $0).isAllowed }
            #expect(rules.bindableTCPPorts == bindable)
        }
    }

    @Test func `every refusal says what would change it`() throws {
        let rules = try Self.rules()
        guard case .refused(.unassigned, let remedy) = try Self.decide(rules, "127.0.0.1", 8080) else {
            Issue.record("8080 is not refused")
            return
        }
        #expect(
            remedy
                == "use 19789, 19791 or 19800 to 19899, or add 8080 to \"ports\": {\"bind\"} in policies/gateway.json")
    }

    private static func refusal(_ rules: PortRules, _ address: String, _ port: UInt16) throws -> PortDecision.Refusal? {
        try decide(rules, address, port).refusal
    }
}

extension PortDecision {
    fileprivate var refusal: Refusal? {
        guard case .refused(let refusal, let remedy) = self else { return nil }
        #expect(!remedy.isEmpty)
        return refusal
    }
}
