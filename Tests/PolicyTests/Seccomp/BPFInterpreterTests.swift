import Policy
import Testing

@Suite struct BPFInterpreterTests {
    private typealias Instruction = BPFProgram.Instruction

    private func run(_ instructions: [BPFProgram.Instruction], _ call: SeccompCall) throws -> UInt32 {
        try BPFInterpreter(try #require(BPFProgram(instructions: instructions))).returnValue(for: call)
    }

    private static let call = SeccompCall(
        number: 41, arguments: [0x1111_2222_3333_4444, 1, 2, 3, 4, 0x5555_6666_7777_8888])

    @Test(
        arguments: [
            (0, 41), (4, 0xC000_003E), (8, 0), (12, 0), (16, 0x3333_4444), (20, 0x1111_2222), (24, 1), (28, 0),
            (56, 0x7777_8888), (60, 0x5555_6666),
        ] as [(UInt32, UInt32)])
    func `a word of the call is loaded by its offset`(offset: UInt32, word: UInt32) throws {
        let load = Instruction(code: 0x20, operand: offset)
        #expect(try run([load, Instruction(code: 0x16, operand: 0)], Self.call) == word)
    }

    @Test(arguments: [64, 68, 1, 2, 18, 63, .max] as [UInt32])
    func `a load outside the call or across a word has no answer`(offset: UInt32) {
        let program = [Instruction(code: 0x20, operand: offset), Instruction(code: 0x16, operand: 0)]
        #expect(throws: BPFInterpreter.Fault.loadOutOfBounds(at: 0)) { try run(program, Self.call) }
    }

    @Test(
        arguments: [
            (0x44, 0x10, 0x39), (0x54, 0x0c, 0x08), (0x64, 2, 164), (0x74, 3, 5), (0xA4, 0xff, 0xd6), (0x64, 32, 0),
        ] as [(UInt16, UInt32, UInt32)])
    func `arithmetic works on the number loaded, 41`(code: UInt16, operand: UInt32, result: UInt32) throws {
        let program = [
            Instruction(code: 0x20, operand: 0), Instruction(code: code, operand: operand),
            Instruction(code: 0x16, operand: 0),
        ]
        #expect(try run(program, Self.call) == result)
    }

    @Test(
        arguments: [
            (0x15, 41, true), (0x15, 42, false), (0x25, 40, true), (0x25, 41, false), (0x35, 41, true),
            (0x35, 42, false),
            (0x45, 8, true), (0x45, 6, false), (0x25, 0x8000_0000, false),
        ] as [(UInt16, UInt32, Bool)])
    func `a comparison skips by its two distances`(code: UInt16, operand: UInt32, holds: Bool) throws {
        let program = [
            Instruction(code: 0x20, operand: 0),
            Instruction(code: code, jumpIfTrue: 2, jumpIfFalse: 1, operand: operand),
            Instruction(code: 0x06, operand: 0), Instruction(code: 0x06, operand: 1),
            Instruction(code: 0x06, operand: 2),
        ]
        #expect(try run(program, Self.call) == (holds ? 2 : 1))
    }

    @Test func `a jump skips as many as it says`() throws {
        let program = [
            Instruction(code: 0x05, operand: 1), Instruction(code: 0x06, operand: 1),
            Instruction(code: 0x06, operand: 2),
        ]
        #expect(try run(program, Self.call) == 2)
    }

    @Test(arguments: [0x00, 0x01, 0x28, 0x30, 0x40, 0x07, 0x87, 0x0c, 0x1d, 0xffff] as [UInt16])
    func `an instruction it does not know has no answer`(code: UInt16) {
        let program = [Instruction(code: 0x05, operand: 0), Instruction(code: code, operand: 0)]
        #expect(throws: BPFInterpreter.Fault.unknownInstruction(at: 1)) { try run(program, Self.call) }
    }

    @Test func `a program that runs past its end has no answer`() {
        for operand: UInt32 in [0, 1, .max] {
            #expect(throws: BPFInterpreter.Fault.noReturn) {
                try run([Instruction(code: 0x05, operand: operand)], Self.call)
            }
        }
    }
}
