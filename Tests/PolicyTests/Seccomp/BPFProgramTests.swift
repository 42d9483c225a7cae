import Policy
import Testing

@Suite struct BPFProgramTests {
    @Test func `bytes are laid out as struct sock_filter`() throws {
        let instruction = BPFProgram.Instruction(code: 0x0215, jumpIfTrue: 3, jumpIfFalse: 4, operand: 0x0a0b_0c0d)
        let program = try #require(BPFProgram(instructions: [instruction, instruction]))
        #expect(program.bytes == [0x15, 2, 3, 4, 0x0d, 0x0c, 0x0b, 0x0a, 0x15, 2, 3, 4, 0x0d, 0x0c, 0x0b, 0x0a])
        #expect(BPFProgram(bytes: program.bytes) == program)
    }

    @Test(arguments: [0, 1, 7, 9, 4096 * 8 + 1, 4097 * 8])
    func `what is no program is refused`(count: Int) {
        #expect(BPFProgram(bytes: Array(repeating: 0, count: count)) == nil)
    }

    @Test func `a program of the kernel's limit is taken`() {
        #expect(BPFProgram(bytes: Array(repeating: 0, count: 4096 * 8))?.instructions.count == 4096)
    }
}
