import CKernel
import Enforcement
import Foundation
import Policy
import Testing

/// The policies that are shipped, read from the repository.
enum ShippedPolicy: String, CaseIterable, CustomTestStringConvertible {
    case gateway
    case browser

    var testDescription: String { rawValue }

    func policy() throws -> SeccompPolicy {
        let repository = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = repository.appending(path: "policies/\(rawValue).seccomp.json")
        return try SeccompPolicy(file: file.lastPathComponent, text: [UInt8](Data(contentsOf: file)))
    }

    func program() throws -> BPFProgram {
        try Self.programs[self, default: .failure(PolicyError(file: rawValue, message: "not compiled"))].get()
    }

    /// Compiled once: every compilation tries the whole filter.
    private static let programs = Dictionary(
        uniqueKeysWithValues: allCases.map { shipped in
            (shipped, Result { try FilterCompiler.compile(try shipped.policy()) })
        })
}

/// A policy of these entries, as they stand in `syscalls`, with the shipped policies' head.
func policy(_ entries: String...) throws(PolicyError) -> SeccompPolicy {
    let head = #"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64"],"#
    let text = head + "\n\"syscalls\":[\n" + entries.joined(separator: ",\n") + "\n]}"
    return try SeccompPolicy(file: "test.seccomp.json", text: Array(text.utf8))
}

/// The value of a constant of the C headers.
func kernel(_ name: String) -> UInt64 {
    let value = ckernel_constant(name)
    precondition(value >= 0, "\(name) is missing in CKernel/constants.c")
    return UInt64(value)
}
