import Fuzzing
import Policy
import Testing

@Suite struct BPFShorteningTests {
    private typealias Instruction = BPFProgram.Instruction

    // linux/bpf_common.h
    private static let load: UInt16 = 0x20
    private static let equal: UInt16 = 0x15
    private static let greater: UInt16 = 0x25
    private static let returnValue: UInt16 = 0x06

    @Test func `comparisons that cannot end otherwise, or lead to the same, are left out`() throws {
        // Of the numbers from 5 on those from 5 to 7 are allowed, one by one; of the rest none is.
        let program = try #require(
            BPFProgram(instructions: [
                Instruction(code: Self.load, operand: 0),
                Instruction(code: Self.greater, jumpIfTrue: 1, jumpIfFalse: 0, operand: 4),
                Instruction(code: Self.returnValue, operand: 1),
                Instruction(code: Self.greater, jumpIfTrue: 3, jumpIfFalse: 0, operand: 7),
                Instruction(code: Self.equal, jumpIfTrue: 3, jumpIfFalse: 0, operand: 7),
                Instruction(code: Self.equal, jumpIfTrue: 2, jumpIfFalse: 0, operand: 6),
                Instruction(code: Self.equal, jumpIfTrue: 1, jumpIfFalse: 0, operand: 5),
                Instruction(code: Self.returnValue, operand: 1),
                Instruction(code: Self.returnValue, operand: 0),
            ]))
        #expect(
            program.shortened.instructions == [
                Instruction(code: Self.load, operand: 0),
                Instruction(code: Self.greater, jumpIfTrue: 0, jumpIfFalse: 2, operand: 4),
                Instruction(code: Self.greater, jumpIfTrue: 1, jumpIfFalse: 0, operand: 7),
                Instruction(code: Self.returnValue, operand: 0),
                Instruction(code: Self.returnValue, operand: 1),
            ])
    }

    @Test func `a program with an instruction that is not known stays as it is`() throws {
        let program = try #require(
            BPFProgram(instructions: [
                Instruction(code: 0x87, operand: 0), Instruction(code: Self.returnValue, operand: 0),
            ]))
        #expect(program.shortened == program)
    }

    @Test(arguments: [4, 40, 700])
    func `every call gets the answer that it got before`(length: Int) throws {
        var random = SplitMix(seed: UInt64(length))
        var lengths = (before: 0, after: 0)
        for _ in 0..<60 {
            let program = try #require(BPFProgram(instructions: Self.instructions(length, &random)))
            let shortened = program.shortened
            lengths.before += program.instructions.count
            lengths.after += shortened.instructions.count
            for _ in 0..<60 {
                let call = SeccompCall(
                    number: UInt32(random.below(12)), architecture: UInt32(random.below(3)),
                    arguments: (0..<6).map { _ in UInt64(random.below(12)) << (random.below(2) * 32) })
                #expect(
                    try BPFInterpreter(shortened).returnValue(for: call)
                        == BPFInterpreter(program).returnValue(for: call))
            }
        }
        #expect(lengths.after < lengths.before)
    }

    /// Any program that the kernel would take, with numbers that meet those of the calls.
    private static func instructions(_ length: Int, _ random: inout SplitMix) -> [Instruction] {
        var instructions = [Instruction(code: load, operand: 0)]
        for index in 1..<length {
            let skips = { (random: inout SplitMix) in UInt8(random.below(min(255, length - index))) }
            switch random.below(12) {
            case 0: instructions.append(Instruction(code: load, operand: UInt32(random.below(10)) * 4))
            case 1: instructions.append(Instruction(code: 0x54, operand: random.one(of: [.max, 0, 5])))
            case 2: instructions.append(Instruction(code: random.one(of: [0x44, 0x64, 0x74, 0xA4]), operand: 1))
            case 3: instructions.append(Instruction(code: 0x05, operand: UInt32(skips(&random))))
            case 4: instructions.append(Instruction(code: returnValue, operand: UInt32(random.below(4))))
            default:
                instructions.append(
                    Instruction(
                        code: random.one(of: [equal, equal, greater, 0x35, 0x45]), jumpIfTrue: skips(&random),
                        jumpIfFalse: skips(&random), operand: UInt32(random.below(12))))
            }
        }
        return instructions + [Instruction(code: returnValue, operand: 9)]
    }
}
