import JSON
import Policy
import Testing

/// What a policy file may say, and what the reader answers to everything else.
@Suite struct SeccompPolicyFileTests {
    private func policy(_ text: String) throws(PolicyError) -> SeccompPolicy {
        try SeccompPolicy(file: "p.seccomp.json", text: Array(text.utf8))
    }

    /// A file whose `syscalls` begin on line 3.
    private func file(_ entries: String) -> String {
        """
        {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [
        \(entries)
        ]}
        """
    }

    @Test func `every key is read`() throws {
        let read = try policy(
            """
            {"comment": "c", "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
             "architectures": ["SCMP_ARCH_X86_64"],
             "syscalls": [
               {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "comment": "io"},
               {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": [
                 {"index": 2, "value": 5, "op": "SCMP_CMP_NE"},
                 {"index": 0, "value": 6, "valueTwo": 4, "op": "SCMP_CMP_MASKED_EQ"}]}]}
            """)
        #expect(read.comment == "c")
        #expect(read.defaultAction == .errno(38))
        #expect(read.names == ["clone", "read", "write"])
        #expect(read.entries[0].names == ["read", "write"])
        #expect(read.entries[0].action == .allow)
        #expect(read.entries[0].comment == "io")
        #expect(read.entries[0].comparisons.isEmpty)
        #expect(read.entries[1].action == .errno(1))
        #expect(
            read.entries[1].comparisons == [
                SeccompComparison(argument: 0, relation: .masked(mask: 6, value: 4)),
                SeccompComparison(argument: 2, relation: .notEqual(5)),
            ])
        #expect(read.indices(ofEntriesFor: "clone") == [1])
        #expect(read.indices(ofEntriesFor: "open").isEmpty)
    }

    @Test(arguments: [
        ("SCMP_ACT_ALLOW", SeccompAction.allow), ("SCMP_ACT_LOG", .log), ("SCMP_ACT_ERRNO", .errno(1)),
        ("SCMP_ACT_TRAP", .trap), ("SCMP_ACT_KILL", .killThread), ("SCMP_ACT_KILL_THREAD", .killThread),
        ("SCMP_ACT_KILL_PROCESS", .killProcess),
    ])
    func `each action is known by its name`(word: String, action: SeccompAction) throws {
        let read = try policy(file("{\"names\": [\"read\"], \"action\": \"\(word)\"}"))
        #expect(read.entries.first?.action == action)
    }

    @Test(arguments: [
        ("NE", SeccompComparison.Relation.notEqual(3)), ("LT", .less(than: 3)), ("LE", .atMost(3)), ("EQ", .equal(3)),
        ("GE", .atLeast(3)), ("GT", .greater(than: 3)), ("MASKED_EQ", .masked(mask: 3, value: 0)),
    ])
    func `each operator is known by its name`(word: String, relation: SeccompComparison.Relation) throws {
        let argument = "{\"index\": 5, \"value\": 3, \"op\": \"SCMP_CMP_\(word)\"}"
        let read = try policy(file("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [\(argument)]}"))
        #expect(read.entries.first?.comparisons == [SeccompComparison(argument: 5, relation: relation)])
    }

    private static let head = "\"architectures\": [\"SCMP_ARCH_X86_64\"],\n"

    @Test(arguments: [
        ("{\(head)\"syscalls\": []}", 1, "defaultAction is missing"),
        ("{\(head)\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": []}", 2, "would permit every call"),
        ("{\(head)\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": []}", 2, "would permit every call"),
        ("{\(head)\"defaultAction\": \"SCMP_ACT_ERNO\", \"syscalls\": []}", 2, "did you mean SCMP_ACT_ERRNO?"),
        ("{\(head)\"defaultAction\": \"SCMP_ACT_NOTIFY\", \"syscalls\": []}", 2, "wait for the supervisor"),
        ("{\(head)\"defaultAction\": \"SCMP_ACT_TRACE\", \"syscalls\": []}", 2, "needs a tracer"),
        (
            "{\(head)\"defaultAction\": \"deny\", \"syscalls\": []}", 2,
            "unknown action \"deny\": expected one of SCMP_ACT"
        ),
        (
            "{\(head)\"defaultAction\": \"SCMP_ACT_KILL\",\n\"defaultErrnoRet\": 1, \"syscalls\": []}", 3,
            "only SCMP_ACT_ERRNO takes an errno"
        ),
        (
            "{\(head)\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"defaultErrnoRet\": 0, \"syscalls\": []}", 3,
            "defaultErrnoRet: expected a whole number from 1 to 133, found 0"
        ),
        ("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": []}", 1, "architectures is missing"),
        (
            "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"architectures\": [], \"syscalls\": []}", 2,
            "expected [\"SCMP_ARCH_X86_64\"]"
        ),
        (
            "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86_64\",\n\"SCMP_ARCH_X32\"], "
                + "\"syscalls\": []}", 2, "\"SCMP_ARCH_X32\" is a second door past the rules"
        ),
        (
            "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"archMap\": [], \"syscalls\": []}", 2,
            "write \"architectures\": [\"SCMP_ARCH_X86_64\"] instead"
        ),
        ("{\(head)\"defaultAction\": \"SCMP_ACT_ERRNO\"}", 1, "syscalls is missing"),
        (
            "{\(head)\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": {}}", 2,
            "syscalls: expected an array of objects"
        ),
        (
            "{\(head)\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"flags\": [\"TSYNC\"], \"syscalls\": []}", 3,
            "the launcher's to choose"
        ),
        (
            "{\(head)\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"listenerPath\": \"/x\", \"syscalls\": []}", 3,
            "the launcher's broker owns the one listener"
        ),
        (
            "{\(head)\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [],\n\"defaultErrno\": 38}", 3,
            "unknown key \"defaultErrno\""
        ),
        ("{\(head)\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": []}x", 2, "more text after the value"),
    ])
    func `a fault at the head names its line`(text: String, line: Int, message: String) throws {
        let error = try #require(throws: PolicyError.self) { try policy(text) }
        #expect(error.position?.line == line, "\(error)")
        #expect(error.message.contains(message), "\(error)")
    }

    private static let read = "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\"}"
    private static func argument(_ text: String) -> String {
        "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [\n{\(text)}]}"
    }

    @Test(arguments: [
        ("{\"action\": \"SCMP_ACT_ALLOW\"}", 3, "names is missing"),
        ("{\"names\":\n[], \"action\": \"SCMP_ACT_ALLOW\"}", 4, "expected at least one system call"),
        ("{\"names\":\n\"read\", \"action\": \"SCMP_ACT_ALLOW\"}", 4, "names: expected an array of strings"),
        ("{\"names\": [\"read\",\n\"\"], \"action\": \"SCMP_ACT_ALLOW\"}", 4, "expected the name of a system call"),
        ("{\"names\": [\"read\",\n\"Open At\"], \"action\": \"SCMP_ACT_ALLOW\"}", 4, "found \"Open At\""),
        ("{\"names\": [\"read\",\n7], \"action\": \"SCMP_ACT_ALLOW\"}", 4, "expected an array of strings, found 7"),
        ("{\"names\": [\"read\"]}", 3, "action is missing"),
        ("{\"names\": [\"read\"],\n\"action\": \"SCMP_ACT_ALOW\"}", 4, "did you mean SCMP_ACT_ALLOW?"),
        (
            "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\",\n\"errnoRet\": 1}", 4,
            "errnoRet: only SCMP_ACT_ERRNO takes an errno"
        ),
        ("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\",\n\"errnoRet\": 0}", 4, "from 1 to 133, found 0"),
        ("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\",\n\"errnoRet\": 134}", 4, "from 1 to 133, found 134"),
        ("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\",\n\"errnoRet\": \"EPERM\"}", 4, "found \"EPERM\""),
        ("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\",\n\"arg\": []}", 4, "did you mean \"args\"?"),
        ("{\"name\":\n\"read\", \"action\": \"SCMP_ACT_ALLOW\"}", 3, "write \"names\""),
        (
            "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\",\n\"includes\": {}}", 4,
            "\"includes\" is Docker's extension"
        ),
        (
            "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\",\n\"excludes\": {}}", 4,
            "\"excludes\" is Docker's extension"
        ),
        ("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\",\n\"minKernel\": \"4.8\"}", 4, "answers ENOSYS"),
        ("\(read),\n\(read)", 4, "read stands twice with the same conditions"),
        ("{\"names\": [\"read\",\n\"read\"], \"action\": \"SCMP_ACT_ALLOW\"}", 4, "read stands twice"),
        (
            "\(read),\n" + argument("\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\""), 4,
            "would swallow the one with"
        ),
        (argument("\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"") + ",\n\(read)", 5, "SCMP_CMP_GE and value 0"),
        (
            argument("\"index\": 6, \"value\": 1, \"op\": \"SCMP_CMP_EQ\""), 4,
            "index: expected a whole number from 0 to 5"
        ),
        (argument("\"index\": -1, \"value\": 1, \"op\": \"SCMP_CMP_EQ\""), 4, "found -1"),
        (argument("\"value\": 1, \"op\": \"SCMP_CMP_EQ\""), 4, "index is missing"),
        (argument("\"index\": 0, \"op\": \"SCMP_CMP_EQ\""), 4, "value is missing"),
        (argument("\"index\": 0, \"value\": 1"), 4, "op is missing"),
        (argument("\"index\": 0, \"value\": -1, \"op\": \"SCMP_CMP_EQ\""), 4, "value: expected a whole number from 0"),
        (argument("\"index\": 0, \"value\": 1.5, \"op\": \"SCMP_CMP_EQ\""), 4, "found 1.5"),
        (
            argument("\"index\": 0, \"value\": 18446744073709551615, \"op\": \"SCMP_CMP_EQ\""), 4,
            "value: expected a whole"
        ),
        (argument("\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_IN\""), 4, "unknown operator \"SCMP_CMP_IN\""),
        (argument("\"index\": 0, \"value\": 1, \"valueTwo\": 1, \"op\": \"SCMP_CMP_EQ\""), 4, "takes a second value"),
        (argument("\"index\": 0, \"value\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\""), 4, "a mask of 0 compares nothing"),
        (argument("\"index\": 0, \"value\": 6, \"valueTwo\": 1, \"op\": \"SCMP_CMP_MASKED_EQ\""), 4, "never matches"),
        (argument("\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\", \"mask\": 1"), 4, "unknown key \"mask\""),
        (
            argument(
                "\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_GE\"},\n{\"index\": 0, \"value\": 9, \"op\": \"SCMP_CMP_LE\""
            ),
            5, "argument 0 is compared twice"
        ),
    ])
    func `a fault in an entry names its line`(entries: String, line: Int, message: String) throws {
        let error = try #require(throws: PolicyError.self) { try policy(file(entries)) }
        #expect(error.position?.line == line, "\(error)")
        #expect(error.message.contains(message), "\(error)")
    }

    @Test func `rules with the same conditions in another order are the same`() throws {
        let entries = [("0", "1"), ("1", "0")].map { first, second in
            "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
                + "{\"index\": \(first), \"value\": 7, \"op\": \"SCMP_CMP_EQ\"},"
                + "{\"index\": \(second), \"value\": 7, \"op\": \"SCMP_CMP_EQ\"}]}"
        }
        let error = try #require(throws: PolicyError.self) { try policy(file(entries.joined(separator: ",\n"))) }
        #expect(error.message.contains("stands twice"))
    }

    @Test func `unknown names are reported each with its place`() throws {
        let read = try policy(
            file(
                """
                {"names": ["read", "raed",
                  "write"], "action": "SCMP_ACT_ALLOW"},
                {"names": [
                  "oepn"], "action": "SCMP_ACT_ERRNO"}
                """))
        let errors = read.unknownNames { ["read", "write"].contains($0) }
        #expect(errors.map { $0.position?.description } == ["3:20", "6:3"])
        #expect(errors.allSatisfy { $0.file == "p.seccomp.json" })
        #expect(errors.first?.message.contains("\"raed\"") == true)
        #expect(read.unknownNames { _ in true }.isEmpty)
    }

    @Test func `an error about an entry has the entry's place`() throws {
        let read = try policy(file(Self.read + ",\n  " + Self.read.replacing("read", with: "write")))
        #expect(read.error(entry: 1, "m").description == "p.seccomp.json:4:3: m")
        #expect(read.error(entry: 1, nameIndex: 0, "m").position?.line == 4)
    }
}
