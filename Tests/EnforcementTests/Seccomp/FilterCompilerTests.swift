import Enforcement
import JSON
import Policy
import Testing

@Suite struct FilterCompilerTests {
    @Test(arguments: ["opennat", "socketcall", "vm86", "mseal", "x"])
    func `an unknown name is refused with its line`(name: String) throws {
        let policy = try policy(
            #"{"names":["read"],"action":"SCMP_ACT_ALLOW"}"#,
            "{\"names\":[\"write\",\n\"\(name)\"],\"action\":\"SCMP_ACT_ALLOW\"}")
        let error = #expect(throws: FilterError.self) { try FilterCompiler.compile(policy) }
        #expect(error?.policy?.file == "test.seccomp.json")
        #expect(error?.policy?.position?.line == 5)
        #expect(error?.policy?.message.contains("\"\(name)\"") == true)
    }

    @Test func `an unknown name is refused even where it would be denied anyway`() throws {
        let policy = try policy(#"{"names":["nosuchcall"],"action":"SCMP_ACT_ERRNO","errnoRet":38}"#)
        let error = #expect(throws: FilterError.self) { try FilterCompiler.compile(policy) }
        #expect(error?.policy != nil)
    }

    @Test func `rules that libseccomp does not keep apart are refused with the call's line`() throws {
        // Both hold for 1. The file means the second, which settles more bits; libseccomp asks the first first.
        let policy = try policy(
            #"{"names":["personality"],"action":"SCMP_ACT_ALLOW","#
                + #""args":[{"index":0,"value":1,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]}"#,
            #"{"names":["personality"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"#
                + #""args":[{"index":0,"value":255,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]}"#)
        let error = #expect(throws: FilterError.self) { try FilterCompiler.compile(policy) }
        #expect(error?.policy?.position?.line == 3)
        #expect(error?.policy?.message.contains("personality") == true)
    }

    @Test func `a program beyond the kernel's limit is refused`() throws {
        let entries = (0..<1500).map { value in
            #"{"names":["ioctl"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"args":[{"index":1,"value":"#
                + "\(value)" + #","op":"SCMP_CMP_EQ"},{"index":2,"value":7,"op":"SCMP_CMP_EQ"}]}"#
        }
        let text =
            #"{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"defaultErrnoRet":38,"#
            + "\"syscalls\":[" + entries.joined(separator: ",\n") + "]}"
        let policy = try SeccompPolicy(file: "long.seccomp.json", text: Array(text.utf8))
        let error = #expect(throws: FilterError.self) { try FilterCompiler.compile(policy) }
        #expect(error?.policy?.message.contains("4096") == true)
    }

    @Test func `a rule that only repeats the default action changes nothing`() throws {
        let read = #"{"names":["read"],"action":"SCMP_ACT_ALLOW"}"#
        let repeated = try policy(read, #"{"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38}"#)
        #expect(try FilterCompiler.compile(repeated) == FilterCompiler.compile(try policy(read)))
    }

    @Test func `the order of the entries does not matter`() throws {
        let entries = [
            #"{"names":["clone"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"args":[{"index":0,"value":0,"op":"SCMP_CMP_GE"}]}"#,
            #"{"names":["clone"],"action":"SCMP_ACT_ALLOW","#
                + #""args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}"#,
        ]
        let forward = try FilterCompiler.compile(try policy(entries[0], entries[1]))
        let backward = try FilterCompiler.compile(try policy(entries[1], entries[0]))
        #expect(forward == backward)
    }

    @Test func `every action of a file is what the filter returns`() throws {
        let policy = try policy(
            #"{"names":["read"],"action":"SCMP_ACT_LOG"}"#, #"{"names":["write"],"action":"SCMP_ACT_TRAP"}"#,
            #"{"names":["open"],"action":"SCMP_ACT_KILL_THREAD"}"#, #"{"names":["close"],"action":"SCMP_ACT_KILL"}"#,
            #"{"names":["stat"],"action":"SCMP_ACT_KILL_PROCESS"}"#, #"{"names":["poll"],"action":"SCMP_ACT_ERRNO"}"#)
        let interpreter = BPFInterpreter(try FilterCompiler.compile(policy))
        let expected: [(String, SeccompAction)] = [
            ("read", .log), ("write", .trap), ("open", .killThread), ("close", .killThread), ("stat", .killProcess),
            ("poll", .errno(1)), ("lseek", .errno(38)),
        ]
        for (name, action) in expected {
            let number = try #require(SyscallTable.number(of: name))
            #expect(try interpreter.returnValue(for: SeccompCall(number: number)) == action.returnValue)
        }
    }

    @Test func `the library names its version`() {
        #expect(FilterCompiler.libraryVersion.split(separator: ".").count == 3)
    }

    @Test func `the table gives a name for its number and a number for its name`() {
        for number: UInt32 in 0...450 {
            guard let name = SyscallTable.name(of: number) else { continue }
            #expect(SyscallTable.number(of: name) == number)
        }
        #expect(SyscallTable.name(of: .max) == nil)
        #expect(SyscallTable.name(of: 1 << 31) == nil)
        #expect(SyscallTable.number(of: "read") == 0)
    }
}

extension FilterError {
    fileprivate var policy: PolicyError? {
        if case .policy(let error) = self { error } else { nil }
    }
}
