extension BPFProgram {
    /// A program that hands the calls of these numbers to a supervisor and permits every other call of
    /// x86-64: the broker's filter, stacked upon a policy's.
    ///
    /// At most 250 numbers; nil beyond, or for none. Other calling conventions are killed, as policies do, so
    /// that no call reaches the kernel under a number that means something else.
    public static func notifying(on numbers: [UInt32]) -> BPFProgram? {
        guard (1...250).contains(numbers.count) else { return nil }
        let count = UInt8(numbers.count)
        // Layout: load and check the architecture (2), load the number (1), refuse x32 (1), compare, answer.
        var instructions: [Instruction] = [
            Instruction(code: 0x20, operand: 4),
            Instruction(code: 0x15, jumpIfFalse: count + 3, operand: SeccompCall.x86_64),
            Instruction(code: 0x20, operand: 0),
            Instruction(code: 0x35, jumpIfTrue: count + 1, operand: SeccompCall.x32Bit),
        ]
        for (index, number) in numbers.enumerated() {
            instructions.append(Instruction(code: 0x15, jumpIfTrue: count - UInt8(index) + 1, operand: number))
        }
        for action in [SeccompAction.allow, .killProcess, .notify] {
            instructions.append(Instruction(code: 0x06, operand: action.returnValue))
        }
        return BPFProgram(instructions: instructions)
    }
}
