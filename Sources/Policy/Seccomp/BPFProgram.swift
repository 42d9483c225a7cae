/// A program of the kernel's classic BPF machine: what seccomp(2) takes.
public struct BPFProgram: Equatable, Sendable {
    /// One instruction (struct sock_filter, linux/filter.h).
    public struct Instruction: Equatable, Sendable {
        /// What it does: class, width, mode or operation.
        public var code: UInt16
        /// How many instructions to skip when a comparison holds.
        public var jumpIfTrue: UInt8
        /// How many instructions to skip when it does not.
        public var jumpIfFalse: UInt8
        /// The constant that the code works on: an offset, a number to compare with, or a value to return (k).
        public var operand: UInt32

        /// An instruction. Jumps count the instructions that are passed over.
        public init(code: UInt16, jumpIfTrue: UInt8 = 0, jumpIfFalse: UInt8 = 0, operand: UInt32) {
            self.code = code
            self.jumpIfTrue = jumpIfTrue
            self.jumpIfFalse = jumpIfFalse
            self.operand = operand
        }
    }

    /// The instructions, at least one.
    public let instructions: [Instruction]

    /// The most instructions the kernel takes (BPF_MAXINSNS of linux/bpf_common.h).
    public static let maximumCount = 4096

    private static let instructionSize = 8

    /// A program of `instructions`; nil when there are none or more than the kernel takes.
    public init?(instructions: [Instruction]) {
        guard (1...Self.maximumCount).contains(instructions.count) else { return nil }
        self.instructions = instructions
    }

    /// The program in `bytes`, which hold sock_filter structures as x86-64 lays them out; nil when the bytes
    /// are no whole number of instructions, none, or more than the kernel takes.
    public init?(bytes: [UInt8]) {
        guard bytes.count % Self.instructionSize == 0 else { return nil }
        let starts = stride(from: 0, to: bytes.count, by: Self.instructionSize)
        self.init(instructions: starts.map { Instruction(bytes[$0..<$0 + Self.instructionSize]) })
    }

    /// The program as x86-64 lays out sock_filter structures.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(instructions.count * Self.instructionSize)
        for instruction in instructions {
            bytes.append(UInt8(truncatingIfNeeded: instruction.code))
            bytes.append(UInt8(truncatingIfNeeded: instruction.code >> 8))
            bytes.append(instruction.jumpIfTrue)
            bytes.append(instruction.jumpIfFalse)
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: instruction.operand >> shift))
            }
        }
        return bytes
    }
}

extension BPFProgram.Instruction {
    /// The instruction in eight bytes.
    fileprivate init(_ bytes: ArraySlice<UInt8>) {
        func number(_ range: Range<Int>) -> UInt32 {
            range.reversed().reduce(0) { $0 << 8 | UInt32(bytes[bytes.startIndex + $1]) }
        }
        self.init(
            code: UInt16(number(0..<2)), jumpIfTrue: UInt8(number(2..<3)), jumpIfFalse: UInt8(number(3..<4)),
            operand: number(4..<8))
    }
}

extension BPFProgram: CustomStringConvertible {
    /// The length; the instructions themselves are for `bytes`.
    public var description: String { "a program of \(instructions.count) instructions" }
}
