import CKernel
import Enforcement
import Policy
import Testing

/// The shipped filters in a real process: the kernel takes them and answers as the interpreter does.
@Suite struct LoadedFilterTests {
    private func outcome(_ program: BPFProgram, _ name: String, _ arguments: [UInt64]) throws -> Int32 {
        let number = try #require(SyscallTable.number(of: name))
        return outcome(program, number: Int(number), arguments)
    }

    private func outcome(_ program: BPFProgram, number: Int, _ arguments: [UInt64]) -> Int32 {
        let arguments = arguments + Array(repeating: 0, count: 6 - arguments.count)
        return program.bytes.withUnsafeBytes {
            ckernel_call_under_filter($0.baseAddress, UInt16(program.instructions.count), number, arguments)
        }
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `permitted calls are carried out`(shipped: ShippedPolicy) throws {
        let program = try shipped.program()
        #expect(try outcome(program, "getpid", []) == 0)
        #expect(try outcome(program, "socket", [kernel("AF_UNIX"), kernel("SOCK_STREAM"), 0]) == 0)
        #expect(try outcome(program, "prctl", [kernel("PR_GET_DUMPABLE")]) == 0)
        #expect(try outcome(program, "unshare", [kernel("CLONE_FILES")]) == 0)
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `refused calls fail with the errno of the file`(shipped: ShippedPolicy) throws {
        let program = try shipped.program()
        #expect(try outcome(program, "keyctl", []) == 1)
        #expect(try outcome(program, "unshare", [kernel("CLONE_NEWNS")]) == 1)
        #expect(try outcome(program, "clone3", [0, 0]) == 38)
        #expect(try outcome(program, "io_uring_setup", [1, 0]) == 38)
        #expect(try outcome(program, "ioctl", [0, 0x1_0000_5412, 0]) == 1)
        let (inet, stream) = (kernel("AF_INET"), kernel("SOCK_STREAM"))
        #expect(try outcome(program, "socket", [inet, stream, kernel("IPPROTO_MPTCP")]) == 93)
        #expect(try outcome(program, "socket", [inet, kernel("SOCK_RAW") | kernel("SOCK_CLOEXEC"), 1]) == 1)
        #expect(try outcome(program, "socket", [kernel("AF_ALG"), kernel("SOCK_SEQPACKET"), 0]) == 97)
        #expect(try outcome(program, "sendto", [0, 0, 0, kernel("MSG_FASTOPEN")]) == 95)
        #expect(outcome(program, number: 999, []) == 38)
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `calls for the broker fail with ENOSYS when there is none`(shipped: ShippedPolicy) throws {
        let program = try shipped.program()
        for name in ["bind", "listen", "mount", "ptrace"] { #expect(try outcome(program, name, []) == 38) }
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `without a broker bind and listen are permitted, and what it records is refused`(
        shipped: ShippedPolicy
    ) throws {
        let program = try FilterCompiler.compile(try shipped.policy().withoutSupervisor)
        let interpreter = BPFInterpreter(program)
        for (name, action) in [
            ("bind", SeccompAction.allow), ("listen", .allow), ("mount", .errno(1)), ("ptrace", .errno(1)),
        ] {
            let number = try #require(SyscallTable.number(of: name))
            let value = try interpreter.returnValue(for: SeccompCall(number: number))
            #expect(SeccompAction(returnValue: value) == action, "\(name)")
        }
        #expect(try outcome(program, "mount", []) == 1)
        // Descriptor -1: EBADF is the kernel's own word.
        #expect(try outcome(program, "bind", [.max]) == 9)
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `a number of x32 ends the process`(shipped: ShippedPolicy) throws {
        let number = Int(SeccompCall.x32Bit) + 39
        // SIGSYS is 31.
        #expect(outcome(try shipped.program(), number: number, []) == Int32(CKERNEL_SIGNAL) + 31)
    }

    @Test func `a program that is none is not taken`() throws {
        let instruction = BPFProgram.Instruction(code: 0xFFFF, operand: 0)
        let program = try #require(BPFProgram(instructions: [instruction]))
        #expect(outcome(program, number: 39, []) == Int32(CKERNEL_NOT_LOADED))
    }
}
