/// A system call as a filter sees it (struct seccomp_data, seccomp(2)).
public struct SeccompCall: Hashable, Sendable {
    /// The system call's number in its architecture's own table (seccomp_data.nr).
    public var number: UInt32
    /// The calling convention, an AUDIT_ARCH_* value.
    public var architecture: UInt32
    /// The six arguments, as 64-bit registers: upper halves an `int` does not use are still seen.
    public var arguments: [UInt64]

    /// A call. Missing arguments are 0; there are at most six.
    public init(number: UInt32, architecture: UInt32 = Self.x86_64, arguments: [UInt64] = []) {
        precondition(arguments.count <= 6, "a system call has six arguments")
        self.number = number
        self.architecture = architecture
        self.arguments = arguments + repeatElement(0, count: 6 - arguments.count)
    }

    /// AUDIT_ARCH_X86_64 of linux/audit.h.
    public static let x86_64: UInt32 = 0xC000_003E

    /// Numbers from here on belong to x32, the calling convention with 32-bit pointers
    /// (__X32_SYSCALL_BIT of asm/unistd.h). It shares x86-64's AUDIT_ARCH value.
    public static let x32Bit: UInt32 = 0x4000_0000

    /// Whether the call came in by another convention than x86-64's own. The number -1 is what a tracer
    /// leaves to skip a call, and no convention's.
    public var isForeign: Bool {
        architecture != Self.x86_64 || number >= Self.x32Bit && number != .max
    }
}
