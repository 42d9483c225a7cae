/// Runs a program over a call as the kernel would (seccomp(2)).
///
/// It knows the instructions that libseccomp writes and refuses all others: a program it cannot follow is one
/// nobody has checked.
public struct BPFInterpreter: Sendable {
    /// Why a program has no answer.
    public enum Fault: Error, Equatable, Sendable {
        /// An instruction the interpreter does not know, at this index.
        case unknownInstruction(at: Int)
        /// A load outside struct seccomp_data, or across a word of it, at this index.
        case loadOutOfBounds(at: Int)
        /// The program ran past its last instruction.
        case noReturn
    }

    private let instructions: [BPFProgram.Instruction]

    /// An interpreter that answers as the kernel would where `program` was installed.
    public init(_ program: BPFProgram) {
        instructions = program.instructions
    }

    /// What the program returns for `call`: a SECCOMP_RET_* value.
    ///
    /// Throws `Fault` when it has no answer. It ends in any case: jumps only lead forward.
    public func returnValue(for call: SeccompCall) throws(Fault) -> UInt32 {
        var accumulator: UInt32 = 0
        var index = 0
        while index < instructions.count {
            let instruction = instructions[index]
            let operand = instruction.operand
            switch instruction.code {
            // BPF_LD | BPF_W | BPF_ABS
            case 0x20:
                guard let word = call.word(at: operand) else { throw .loadOutOfBounds(at: index) }
                accumulator = word
            // BPF_ALU | BPF_K, with BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR
            case 0x44: accumulator |= operand
            case 0x54: accumulator &= operand
            case 0x64: accumulator <<= operand
            case 0x74: accumulator >>= operand
            case 0xA4: accumulator ^= operand
            // BPF_JMP | BPF_JA
            case 0x05: index += Int(operand)
            // BPF_JMP | BPF_K, with BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET
            case 0x15: index += instruction.skip(if: accumulator == operand)
            case 0x25: index += instruction.skip(if: accumulator > operand)
            case 0x35: index += instruction.skip(if: accumulator >= operand)
            case 0x45: index += instruction.skip(if: accumulator & operand != 0)
            // BPF_RET | BPF_K, BPF_RET | BPF_A
            case 0x06: return operand
            case 0x16: return accumulator
            default: throw .unknownInstruction(at: index)
            }
            index += 1
        }
        throw .noReturn
    }
}

extension BPFProgram.Instruction {
    fileprivate func skip(if condition: Bool) -> Int {
        Int(condition ? jumpIfTrue : jumpIfFalse)
    }
}

extension SeccompCall {
    /// The 32-bit word `offset` bytes into struct seccomp_data: number, architecture, instruction pointer
    /// (always 0 here: no policy asks for it), then each argument, lower half first.
    fileprivate func word(at offset: UInt32) -> UInt32? {
        switch offset {
        case 0: return number
        case 4: return architecture
        case 8, 12: return 0
        case 16..<64 where offset % 4 == 0:
            let argument = arguments[Int(offset - 16) / 8]
            return UInt32(truncatingIfNeeded: offset % 8 == 0 ? argument : argument >> 32)
        default: return nil
        }
    }
}
