import Enforcement
import Foundation
import JSON
import Policy
import Testing

/// What `explain --json` says of the system calls, read as a person reads it, against the compiled filters.
@Suite struct ExplanationTests {
    /// An answer of `explain`, read back from its words.
    private struct Answer {
        let returnValue: UInt32

        init?(_ text: String) {
            let words: [String: UInt32] = [
                "allow": 0x7fff_0000, "allow and log": 0x7ffc_0000, "ask the supervisor": 0x7fc0_0000,
                "SIGSYS": 0x0003_0000, "kill the thread": 0, "kill the process": 0x8000_0000,
            ]
            if let value = words[text] {
                returnValue = value
            } else {
                guard text.hasPrefix("errno "), let number = UInt32(text.dropFirst(6)) else { return nil }
                returnValue = 0x0005_0000 | number
            }
        }
    }

    /// A condition of `explain`: `argument 1 & 0xff == 0x3`, or `argument 0 is anything else`.
    private struct Condition {
        let argument: Int
        let mask: UInt64
        let value: UInt64

        init?(_ text: String) {
            let words = text.split(separator: " ")
            guard words.count > 2, words[0] == "argument", let argument = Int(words[1]) else { return nil }
            self.argument = argument
            if words[2...] == ["is", "anything", "else"] {
                (mask, value) = (0, 0)
                return
            }
            if words.count == 4, words[2] == "==", let value = UInt64(words[3]) {
                (mask, self.value) = (.max, value)
                return
            }
            func number(_ word: Substring) -> UInt64? { UInt64(word.dropFirst(2), radix: 16) }
            guard words.count == 6, words[2] == "&", words[4] == "==", let mask = number(words[3]),
                let value = number(words[5])
            else { return nil }
            (self.mask, self.value) = (mask, value)
        }

        func holds(for arguments: [UInt64]) -> Bool { arguments[argument] & mask == value }
    }

    /// What is said of one call: conditions with their answers; of those that hold the most particular decides.
    private struct Rules {
        let rules: [(conditions: [Condition], answer: Answer)]

        init(_ json: JSON) throws {
            if let text = json.string {
                rules = [([], try #require(Answer(text)))]
                return
            }
            rules = try #require(json.array).map { rule in
                let conditions = try #require(rule["if"]?.string).components(separatedBy: " and ")
                return (
                    try conditions.map { try #require(Condition($0), "\($0)") },
                    try #require(Answer(rule["answer"]?.string ?? ""))
                )
            }
        }

        func answer(to arguments: [UInt64]) -> Answer? {
            let holding = rules.filter { $0.conditions.allSatisfy { $0.holds(for: arguments) } }
            func bits(_ conditions: [Condition]) -> Int { conditions.reduce(0) { $0 + $1.mask.nonzeroBitCount } }
            let best = holding.map { bits($0.conditions) }.max()
            // Of several that are equally particular the most severe: the order of seccomp(2), as signed numbers.
            return holding.filter { bits($0.conditions) == best }.map(\.answer).min {
                Int32(bitPattern: $0.returnValue) < Int32(bitPattern: $1.returnValue)
            }
        }
    }

    @Test(arguments: ShippedPolicy.allCases, [true, false])
    func `the exported filter answers every call as explain says`(shipped: ShippedPolicy, hasBroker: Bool) throws {
        let policy = hasBroker ? try shipped.policy() : try shipped.policy().withoutSupervisor
        let interpreter = BPFInterpreter(hasBroker ? try shipped.program() : try FilterCompiler.compile(policy))
        // As it is printed.
        let explanation = try JSON(parsing: Array(policy.explanation.text(pretty: true).utf8))
        let calls = try #require(explanation["calls"]?.object)
        let otherwise = try #require(Answer(explanation["otherwise"]?.string ?? ""))
        var named = 0
        var wrong: [String] = []
        for number: UInt32 in 0..<1024 {
            let name = SyscallTable.name(of: number)
            let rules = try name.flatMap { calls[$0] }.map(Rules.init)
            named += rules == nil ? 0 : 1
            for arguments in ArgumentTable(policy, name: name).rows {
                let actual = try interpreter.returnValue(for: SeccompCall(number: number, arguments: arguments))
                let said = (rules?.answer(to: arguments) ?? otherwise).returnValue
                if actual != said { wrong.append("\(name ?? "\(number)")\(arguments): 0x\(String(said, radix: 16))") }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        // No name is explained that the table does not try.
        #expect(named == policy.names.count)
        #expect(explanation["foreignArchitecture"]?.string == "kill the process")
    }
}
