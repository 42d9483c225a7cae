import Enforcement
import Policy
import Testing

/// The compiled filters, run over the whole table of system calls, against what the files mean.
@Suite struct TruthTableTests {
    private static let i386: UInt32 = 0x4000_0003
    private static let aarch64: UInt32 = 0xC000_00B7

    @Test(arguments: ShippedPolicy.allCases)
    func `each number answers as the file means, whatever the arguments`(shipped: ShippedPolicy) throws {
        let policy = try shipped.policy()
        let interpreter = BPFInterpreter(try shipped.program())
        let numbers: [UInt32] = Array(0..<1024) + [4096, 65535, 1 << 20, SeccompCall.x32Bit - 1, .max]
        var wrong: [String] = []
        for number in numbers {
            let name = SyscallTable.name(of: number)
            for arguments in ArgumentTable(policy, name: name).rows {
                let call = SeccompCall(number: number, arguments: arguments)
                let meant = policy.action(for: call) { _ in name }
                let actual = try interpreter.returnValue(for: call)
                if actual != meant.returnValue { wrong.append("\(name ?? "?") \(number) \(arguments): \(meant)") }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `numbers of x32 and negative numbers kill the process`(shipped: ShippedPolicy) throws {
        let interpreter = BPFInterpreter(try shipped.program())
        let negative: [UInt32] = [0x8000_0000, 0x8000_0027, .max - 1, .max - 512]
        let numbers = (0..<1024).map { SeccompCall.x32Bit + $0 } + negative
        for number in numbers {
            let value = try interpreter.returnValue(for: SeccompCall(number: number))
            #expect(value == SeccompAction.killProcess.returnValue, "number \(number)")
        }
    }

    @Test(arguments: ShippedPolicy.allCases, [i386, aarch64, 0, 0x4000_003E, 0xC000_003F])
    func `a foreign calling convention kills the process`(shipped: ShippedPolicy, architecture: UInt32) throws {
        let interpreter = BPFInterpreter(try shipped.program())
        for number: UInt32 in Array(0..<1024) + [SeccompCall.x32Bit, .max] {
            let call = SeccompCall(number: number, architecture: architecture)
            #expect(try interpreter.returnValue(for: call) == SeccompAction.killProcess.returnValue)
        }
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `a number without a name fails with ENOSYS`(shipped: ShippedPolicy) throws {
        let interpreter = BPFInterpreter(try shipped.program())
        for number: UInt32 in Array(335..<424) + Array(470..<1024) + [.max] where SyscallTable.name(of: number) == nil {
            let value = try interpreter.returnValue(for: SeccompCall(number: number))
            #expect(value == SeccompAction.errno(38).returnValue, "number \(number)")
        }
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `the program leaves room below the kernel's limit`(shipped: ShippedPolicy) throws {
        #expect(try shipped.program().instructions.count < BPFProgram.maximumCount / 2)
    }
}
