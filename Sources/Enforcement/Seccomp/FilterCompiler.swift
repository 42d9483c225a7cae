internal import CSeccomp
internal import Glibc
internal import Linux
public import Policy
internal import SystemPackage

/// Compiles a policy to the program that seccomp(2) loads, through libseccomp.
public enum FilterCompiler {
    /// The program that carries out `policy`.
    ///
    /// Throws `FilterError.policy`: with file and line for an unknown name or for rules libseccomp cannot express
    /// together, without a line when the program would be longer than 4096 instructions; `FilterError.library` when a
    /// call of libseccomp fails that no policy makes fail.
    /// Every program was tried against the file's meaning before it is returned. Takes some milliseconds; the
    /// result depends only on the file and on libseccomp's version.
    public static func compile(_ policy: SeccompPolicy) throws(FilterError) -> BPFProgram {
        if let error = policy.unknownNames(isKnown: { SyscallTable.number(of: $0) != nil }).first {
            throw .policy(error)
        }
        let filter = try LibseccompFilter.empty(for: policy)
        for (index, entry) in policy.entries.enumerated() where entry.action != policy.defaultAction {
            for (nameIndex, name) in entry.names.enumerated() {
                try filter.add(name, entry) { result in
                    policy.error(
                        entry: index, nameIndex: nameIndex,
                        "libseccomp refuses the rule for \(name) (errno \(-result)); "
                            + "compare it with the other rules for \(name)")
                }
            }
        }
        guard let program = BPFProgram(bytes: try filter.export())?.shortened else {
            throw .policy(
                PolicyError(
                    file: policy.file,
                    message: "more than \(BPFProgram.maximumCount) instructions, the kernel's limit; use fewer "
                        + "conditions"))
        }
        if let error = disagreement(of: program, with: policy) { throw .policy(error) }
        return program
    }

    /// The version of libseccomp, such as `2.5.4`: part of the key under which a program is kept.
    public static var libraryVersion: String {
        guard let version = seccomp_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }

    /// Where `program` answers a call otherwise than `policy` means it; nil where it never does.
    private static func disagreement(of program: BPFProgram, with policy: SeccompPolicy) -> PolicyError? {
        guard let found = policy.firstDisagreement(with: program, nameOf: SyscallTable.name) else { return nil }
        let call = found.name ?? "system call \(found.call.number)"
        let arguments = found.call.arguments.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
        let answer =
            found.returned.flatMap(SeccompAction.init(returnValue:)).map(\.description) ?? "something else"
        let message =
            "libseccomp cannot express the rules for \(call) together: for (\(arguments)) the file means "
            + "\(found.meant), the filter would answer \(answer); write rules that do not overlap"
        guard let index = found.name.flatMap({ policy.indices(ofEntriesFor: $0).first }) else {
            return PolicyError(file: policy.file, message: message)
        }
        return policy.error(entry: index, message)
    }
}

/// A libseccomp filter under construction (seccomp_init(3)).
private struct LibseccompFilter: ~Copyable {
    private let context: UnsafeMutableRawPointer

    private init(context: UnsafeMutableRawPointer) {
        self.context = context
    }

    /// An empty filter with the policy's default action.
    static func empty(for policy: SeccompPolicy) throws(FilterError) -> LibseccompFilter {
        guard let context = seccomp_init(policy.defaultAction.returnValue) else {
            // seccomp_init(3): it has no other reason.
            throw .library(call: "seccomp_init", errno: .noMemory)
        }
        let filter = LibseccompFilter(context: context)
        // Another calling convention reaches the same kernel by other numbers: no rule here would hold for it.
        try filter.set(SCMP_FLTATR_ACT_BADARCH, SeccompAction.killProcess.returnValue, "ACT_BADARCH")
        // A binary tree over the numbers; the default is a list, which is walked for every call whose answer
        // depends on arguments.
        try filter.set(SCMP_FLTATR_CTL_OPTIMIZE, 2, "CTL_OPTIMIZE")
        return filter
    }

    deinit {
        seccomp_release(context)
    }

    /// Adds one rule. `refusal` makes the error from libseccomp's negative errno.
    func add(
        _ name: String, _ entry: SeccompPolicy.Entry, refusal: (Int32) -> PolicyError
    ) throws(FilterError) {
        let number = seccomp_syscall_resolve_name_arch(SeccompCall.x86_64, name)
        let comparisons = entry.comparisons.map(\.libseccomp)
        let result = comparisons.withUnsafeBufferPointer { buffer in
            seccomp_rule_add_exact_array(
                context, entry.action.returnValue, number, UInt32(buffer.count), buffer.baseAddress)
        }
        guard result != -ENOMEM else { throw .library(call: "seccomp_rule_add", errno: .noMemory) }
        guard result == 0 else { throw .policy(refusal(result)) }
    }

    /// The program as bytes.
    func export() throws(FilterError) -> [UInt8] {
        do throws(Errno) {
            // A memory file rather than a pipe: a pipe may hold less than a program, and nobody else reads.
            let output = try FileDescriptor.memoryFile(named: "seccomp")
            defer { output.discard() }
            let result = seccomp_export_bpf(context, output.rawValue)
            guard result == 0 else { throw Errno(rawValue: -result) }
            return try output.readFromStart()
        } catch {
            throw .library(call: "seccomp_export_bpf", errno: error)
        }
    }

    private func set(_ attribute: scmp_filter_attr, _ value: UInt32, _ name: String) throws(FilterError) {
        let result = seccomp_attr_set(context, attribute, value)
        guard result == 0 else {
            throw .library(call: "seccomp_attr_set(\(name))", errno: Errno(rawValue: -result))
        }
    }
}

extension SeccompComparison {
    /// The comparison as seccomp_rule_add(3) takes it: for masked equality the mask comes first.
    fileprivate var libseccomp: scmp_arg_cmp {
        let argument = UInt32(self.argument)
        return switch relation {
        case .notEqual(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_NE, datum_a: value, datum_b: 0)
        case .less(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_LT, datum_a: value, datum_b: 0)
        case .atMost(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_LE, datum_a: value, datum_b: 0)
        case .equal(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
        case .atLeast(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_GE, datum_a: value, datum_b: 0)
        case .greater(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_GT, datum_a: value, datum_b: 0)
        case .masked(let mask, let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
        }
    }
}
