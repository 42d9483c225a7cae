import Policy
import Testing

/// What rules mean together, said by example.
@Suite struct SeccompMeaningTests {
    private func policy(_ entries: String...) throws -> SeccompPolicy {
        let head =
            #"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64"],"syscalls":["#
        return try SeccompPolicy(file: "p", text: Array((head + entries.joined(separator: ",") + "]}").utf8))
    }

    private func entry(_ action: String, _ conditions: (Int, String, UInt64, UInt64)...) -> String {
        let arguments = conditions.map { index, relation, value, second in
            #"{"index":\#(index),"op":"SCMP_CMP_\#(relation)","value":\#(value),"valueTwo":\#(second)}"#
        }
        return #"{"names":["x"],"action":"SCMP_ACT_\#(action),"args":[\#(arguments.joined(separator: ","))]}"#
    }

    private func answer(_ policy: SeccompPolicy, _ arguments: UInt64...) -> SeccompAction {
        policy.action(forSystemCall: "x", arguments: arguments + Array(repeating: 0, count: 6 - arguments.count))
    }

    @Test func `without a rule the default action holds`() throws {
        let policy = try policy(#"{"names":["y"],"action":"SCMP_ACT_ALLOW"}"#)
        #expect(answer(policy) == .errno(38))
        #expect(policy.action(forSystemCall: "y", arguments: Array(repeating: .max, count: 6)) == .allow)
    }

    @Test func `every condition of a rule must hold`() throws {
        let policy = try policy(entry(#"ALLOW""#, (0, "EQ", 1, 0), (1, "EQ", 2, 0)))
        #expect(answer(policy, 1, 2) == .allow)
        #expect(answer(policy, 1, 3) == .errno(38))
        #expect(answer(policy, 0, 2) == .errno(38))
    }

    @Test func `the rule that settles the most bits decides, wherever it stands`() throws {
        let general = entry(#"ALLOW""#, (0, "GE", 0, 0))
        let particular = entry(#"ERRNO","errnoRet":1"#, (0, "MASKED_EQ", 0xffff_ffff, 7))
        let between = entry(#"ERRNO","errnoRet":2"#, (0, "MASKED_EQ", 0xf, 7))
        let orders = [
            [general, particular, between], [particular, between, general], [between, general, particular],
            [between, particular, general],
        ]
        for order in orders {
            let policy = try policy(order.joined(separator: ","))
            #expect(answer(policy, 7) == .errno(1))
            #expect(answer(policy, 7 | 1 << 32) == .errno(1))
            #expect(answer(policy, 0x17) == .errno(2))
            #expect(answer(policy, 8) == .allow)
            #expect(answer(policy, .max) == .allow)
        }
    }

    @Test func `bits of several arguments count together`() throws {
        let one = entry(#"ERRNO","errnoRet":1"#, (0, "MASKED_EQ", 0xff, 1))
        let two = entry(#"ALLOW""#, (0, "MASKED_EQ", 0xf, 1), (1, "MASKED_EQ", 0x1f, 1))
        for policy in [try policy(one, two), try policy(two, one)] {
            #expect(answer(policy, 1, 1) == .allow)
            #expect(answer(policy, 1, 2) == .errno(1))
        }
    }

    @Test func `among equals the most severe action decides, and the lower errno`() throws {
        let rules = [
            entry(#"ALLOW""#, (0, "GE", 0, 0)), entry(#"LOG""#, (1, "GE", 0, 0)),
            entry(#"ERRNO","errnoRet":2"#, (2, "GE", 0, 0)), entry(#"ERRNO","errnoRet":1"#, (3, "GE", 0, 0)),
            entry(#"TRAP""#, (4, "GE", 0, 0)), entry(#"KILL_THREAD""#, (5, "GE", 0, 0)),
            entry(#"KILL_PROCESS""#, (0, "LE", 9, 0)),
        ]
        let expected: [SeccompAction] = [.allow, .log, .errno(2), .errno(1), .trap, .killThread, .killProcess]
        for count in 1...rules.count {
            let chosen = Array(rules.prefix(count))
            for order in [chosen, chosen.reversed()] {
                #expect(answer(try policy(order.joined(separator: ","))) == expected[count - 1])
            }
        }
    }

    @Test(
        arguments: [
            ("NE", 5, [5], [0, 4, 6, .max, 5 | 1 << 32]),
            ("LT", 5, [5, 6, .max, 1 << 32], [0, 4]),
            ("LE", 5, [6, .max, 1 << 63], [0, 5]),
            ("EQ", 5, [0, 4, 6, 5 | 1 << 32, 5 | 1 << 63], [5]),
            ("GE", 5, [0, 4], [5, 6, .max, 1 << 63]),
            ("GT", 5, [0, 5], [6, .max, 1 << 32]),
        ] as [(String, UInt64, [UInt64], [UInt64])])
    func `a comparison is unsigned and sees all 64 bits`(
        word: String, value: UInt64, fails: [UInt64], holds: [UInt64]
    ) throws {
        let policy = try policy(entry(#"ALLOW""#, (3, word, value, 0)))
        for argument in fails { #expect(answer(policy, 0, 0, 0, argument) == .errno(38), "\(argument)") }
        for argument in holds { #expect(answer(policy, 0, 0, 0, argument) == .allow, "\(argument)") }
    }

    @Test func `a mask chooses the bits that count`() throws {
        let policy = try policy(entry(#"ALLOW""#, (0, "MASKED_EQ", 0xf0, 0x30)))
        for argument: UInt64 in [0x30, 0x3f, 0xf30, 0x30 | 1 << 63] { #expect(answer(policy, argument) == .allow) }
        for argument: UInt64 in [0, 0x20, 0x70, .max, 0x3] { #expect(answer(policy, argument) == .errno(38)) }
    }

    @Test func `a call by another convention kills the process`() throws {
        let policy = try policy(#"{"names":["x"],"action":"SCMP_ACT_ALLOW"}"#)
        func answer(_ number: UInt32, _ architecture: UInt32 = SeccompCall.x86_64) -> SeccompAction {
            policy.action(for: SeccompCall(number: number, architecture: architecture)) { _ in "x" }
        }
        #expect(answer(0) == .allow)
        #expect(answer(0x3fff_ffff) == .allow)
        #expect(answer(0x4000_0000) == .killProcess)
        #expect(answer(.max - 1) == .killProcess)
        #expect(answer(0, 0x4000_0003) == .killProcess)
        #expect(answer(.max, 0xC000_00B7) == .killProcess)
        #expect(policy.action(for: SeccompCall(number: 7)) { _ in nil } == .errno(38))
    }

    @Test(arguments: [("socket", true), ("prlimit64", true), ("bind", true), ("ptrace", false), ("mount", false)])
    func `a call that is handed over is allowed where the supervisor does more than refuse it`(
        name: String, isAllowed: Bool
    ) throws {
        let policy = try policy(#"{"names":["\#(name)"],"action":"SCMP_ACT_NOTIFY"}"#)
        #expect(policy.answers(aboutSystemCall: name).map(\.isAllowed) == [isAllowed])
        // Without a supervisor only what Landlock sees too is left to the kernel.
        let action = policy.withoutSupervisor.action(forSystemCall: name, arguments: Array(repeating: 0, count: 6))
        #expect(action == (name == "bind" ? .allow : .errno(1)))
    }

    @Test func `the deciding entry is named for explanations`() throws {
        let policy = try policy(
            entry(#"ALLOW""#, (0, "GE", 0, 0)), entry(#"ERRNO","errnoRet":1"#, (0, "EQ", 7, 0)))
        #expect(policy.decidingEntry(forSystemCall: "x", arguments: [7, 0, 0, 0, 0, 0]) == 1)
        #expect(policy.decidingEntry(forSystemCall: "x", arguments: [8, 0, 0, 0, 0, 0]) == 0)
        #expect(policy.decidingEntry(forSystemCall: "z", arguments: [8, 0, 0, 0, 0, 0]) == nil)
    }
}
