import Glibc
import Linux
import Policy
import SystemPackage

/// What a proxy's process may still do: with the sockets it has and makes, and nothing else of the host.
enum ProxyConfinement {
    /// How many descriptors it may have open: two for each connection, one more for its question to a name server, and
    /// its own.
    static let descriptorLimit = UInt64(3 * ProxyLoop.connectionLimit + 16)

    /// Puts the calling process under it for good. It may connect to `ports` by TCP.
    static func apply(connectablePorts ports: [UInt16]) throws(Errno) {
        try ProcessControl.setLimit(Int32(RLIMIT_CORE.rawValue), soft: 0, hard: 0)
        let descriptors = Int32(RLIMIT_NOFILE.rawValue)
        // Where the host's ceiling is lower already, that one stands.
        let ceiling = min(descriptorLimit, try ProcessControl.limit(descriptors).hard)
        try ProcessControl.setLimit(descriptors, soft: ceiling, hard: ceiling)
        try ProcessControl.setNoNewPrivileges()
        let abi = Landlock.abiVersion
        let landlock = try Landlock(
            files: .handled(abi: abi), ports: abi >= 4 ? [.bind, .connect] : [],
            scope: abi >= 6 ? [.abstractUnixSocket, .signal] : [])
        if abi >= 4 {
            for port in ports { try landlock.allow(.connect, port: port) }
        }
        try landlock.restrictSelf()
        guard let filter = filter() else { throw .invalidArgument }
        try SeccompFilter.install(filter.bytes)
    }

    /// The calls of the loop, of memory, and of the end.
    private static let calls = [
        "accept", "brk", "clock_gettime", "close", "connect", "exit", "exit_group", "fcntl", "futex",
        "getrandom", "getsockname", "getsockopt", "madvise", "mmap", "mprotect", "mremap", "munmap",
        "poll", "read", "recvfrom", "recvmsg", "restart_syscall", "rt_sigreturn", "sendto", "setsockopt", "shutdown",
        "socket", "write",
    ]

    /// A filter that permits `calls` and answers EPERM to all else.
    private static func filter() -> BPFProgram? {
        // linux/bpf_common.h: BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_RET|BPF_K; the
        // offsets are those of struct seccomp_data.
        typealias Instruction = BPFProgram.Instruction
        let (load, isEqual, isAtLeast, giveBack) = (0x20, 0x15, 0x35, 0x06) as (UInt16, UInt16, UInt16, UInt16)
        let kill = Instruction(code: giveBack, operand: SeccompAction.killProcess.returnValue)
        var instructions = [
            Instruction(code: load, operand: 4),
            // AUDIT_ARCH_X86_64 (linux/audit.h).
            Instruction(code: isEqual, jumpIfTrue: 1, operand: 0xC000_003E), kill,
            Instruction(code: load, operand: 0),
            // The calls of x32 have this bit.
            Instruction(code: isAtLeast, jumpIfFalse: 1, operand: 0x4000_0000), kill,
        ]
        for name in calls {
            guard let number = SyscallTable.number(of: name) else { return nil }
            instructions += [
                Instruction(code: isEqual, jumpIfFalse: 1, operand: number),
                Instruction(code: giveBack, operand: SeccompAction.allow.returnValue),
            ]
        }
        instructions.append(Instruction(code: giveBack, operand: SeccompAction.errno(UInt16(EPERM)).returnValue))
        return BPFProgram(instructions: instructions)
    }
}
