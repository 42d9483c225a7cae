import Policy
import Testing

/// That a wrong program is found out: each row changes a right one a little.
@Suite struct SeccompVerificationTests {
    private static let text = """
        {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
          {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
          {"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
           "args": [{"index": 1, "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": 21522}]},
          {"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "op": "SCMP_CMP_GE", "value": 0}]}]}
        """

    private func disagreement(_ instructions: [BPFProgram.Instruction]) throws -> SeccompPolicy.Disagreement? {
        let policy = try SeccompPolicy(file: "p", text: Array(Self.text.utf8))
        let program = try #require(BPFProgram(instructions: instructions))
        return policy.firstDisagreement(with: program) { [0: "read", 16: "ioctl"][$0] }
    }

    /// A program that carries the file out; read is 0, ioctl is 16.
    private static var right: [BPFProgram.Instruction] {
        [
            .init(code: 0x20, operand: 4),
            .init(code: 0x15, jumpIfFalse: 10, operand: SeccompCall.x86_64),
            .init(code: 0x20, operand: 0),
            .init(code: 0x15, jumpIfTrue: 7, operand: .max),
            .init(code: 0x35, jumpIfTrue: 7, operand: SeccompCall.x32Bit),
            .init(code: 0x15, jumpIfTrue: 3, operand: 0),
            .init(code: 0x15, jumpIfFalse: 4, operand: 16),
            .init(code: 0x20, operand: 24),
            .init(code: 0x15, jumpIfTrue: 1, operand: 21522),
            .init(code: 0x06, operand: SeccompAction.allow.returnValue),
            .init(code: 0x06, operand: SeccompAction.errno(1).returnValue),
            .init(code: 0x06, operand: SeccompAction.errno(38).returnValue),
            .init(code: 0x06, operand: SeccompAction.killProcess.returnValue),
        ]
    }

    @Test func `a right program passes`() throws {
        #expect(try disagreement(Self.right) == nil)
    }

    @Test(arguments: [
        ("the architecture is not checked", 1, BPFProgram.Instruction(code: 0x15, operand: SeccompCall.x86_64)),
        ("x32 is not checked", 4, .init(code: 0x35, jumpIfTrue: 7, operand: .max)),
        ("x32 is checked too late", 4, .init(code: 0x25, jumpIfTrue: 7, operand: SeccompCall.x32Bit)),
        ("the upper half of the argument is looked at", 7, .init(code: 0x20, operand: 28)),
        ("another argument is looked at", 7, .init(code: 0x20, operand: 16)),
        ("the value is off by one", 8, .init(code: 0x15, jumpIfTrue: 1, operand: 21523)),
        ("an order stands for an equality", 8, .init(code: 0x35, jumpIfTrue: 1, operand: 21522)),
        ("another number is permitted", 5, .init(code: 0x15, jumpIfTrue: 3, operand: 1)),
        ("the errno differs", 10, .init(code: 0x06, operand: SeccompAction.errno(2).returnValue)),
        ("the default differs", 11, .init(code: 0x06, operand: SeccompAction.allow.returnValue)),
        ("the kill spares the process", 12, .init(code: 0x06, operand: SeccompAction.killThread.returnValue)),
        ("an instruction is unknown", 2, .init(code: 0x28, operand: 0)),
    ])
    func `a wrong program is found out`(fault: String, index: Int, instruction: BPFProgram.Instruction) throws {
        var program = Self.right
        program[index] = instruction
        #expect(try disagreement(program) != nil, "\(fault)")
    }

    @Test func `a disagreement names the call, what was meant and what came back`() throws {
        var program = Self.right
        program[10] = .init(code: 0x06, operand: SeccompAction.allow.returnValue)
        let found = try #require(try disagreement(program))
        #expect(found.name == "ioctl")
        #expect(found.call.number == 16)
        #expect(found.call.arguments[1] & 0xffff_ffff == 21522)
        #expect(found.meant == .errno(1))
        #expect(found.returned == SeccompAction.allow.returnValue)
    }
}
