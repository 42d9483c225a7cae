import Foundation
import Glibc
import Testing

/// C: from whom a compiled filter is taken.
@Suite(.recorded) struct CompiledFilterTests {
    /// Where the gateway's filter is kept beside its policy.
    private static let name = "gateway.seccomp.json.bpf"

    /// What is kept for the shipped policy, its program replaced by one that no kernel takes.
    private func spoiled(_ host: Host) throws -> Data {
        let kept = try #require(Files.bytes("\(host.stage.policies)/\(Self.name)"))
        let header = try #require(kept.firstIndex(of: UInt8(ascii: "\n")))
        return Data(kept[...header] + [UInt8](repeating: 0xFF, count: 64))
    }

    @Test func `installing compiles the filters of all shipped policies`() throws {
        let host = try Host(.unprivileged)
        for policy in ["gateway", "browser"] {
            for end in [".bpf", ".unsupervised.bpf"] {
                #expect(Files.exists("\(host.stage.policies)/\(policy).seccomp.json\(end)"), "\(policy)\(end)")
            }
        }
        // A cage has nobody to hand a call over to.
        for policy in ["tool", "tool-network"] {
            #expect(Files.exists("\(host.stage.policies)/\(policy).seccomp.json.unsupervised.bpf"), "\(policy)")
            #expect(!Files.exists("\(host.stage.policies)/\(policy).seccomp.json.bpf"), "\(policy)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root has a user that is not the launcher's owner"))
    func `a filter that the payload's user could have written counts for nothing`() throws {
        let host = try Host(.unprivileged)
        let policy = try host.policyToCompile()
        let place = URL(filePath: policy).deletingLastPathComponent().appending(path: Self.name)
        try spoiled(host).write(to: place)
        try Files.set(place.path, mode: 0o644, owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--policy", policy]
        #expect(try host.run(["echo", "ran"], options).output == "ran\n")
        // Root's own file in a directory that the payload's user can write counts as little.
        try Files.set(place.path, mode: 0o644)
        chown(place.path, 0, 0)
        #expect(try host.run(["echo", "ran"], options).output == "ran\n")
    }

    @Test(.enabled(if: geteuid() == 0, "only root has a user that is not the launcher's owner"))
    func `a filter that root wrote where nobody else can is taken as it is`() throws {
        let host = try Host(.root)
        let policy = try host.policyToCompile()
        let place = URL(filePath: policy).deletingLastPathComponent().appending(path: Self.name)
        try spoiled(host).write(to: place)
        try Files.set(place.path, mode: 0o644)
        var options = Host.Options()
        options.more = ["--policy", policy]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("seccomp") == true, "\(end.errors)")
        for mode in [0o664, 0o646] as [UInt32] {
            try Files.set(place.path, mode: mode)
            let end = try host.run(["echo", "ran"], options)
            #expect(end.code == 78)
            #expect(end.sentences.last?.contains("group or others may write it") == true, "\(end.errors)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root has a user that is not the launcher's owner"))
    func `a filter of another text is compiled anew`() throws {
        let host = try Host(.root)
        let policy = try host.policy(
            "gateway.seccomp.json", replacing: "\"getitimer\", \"setitimer\"", with: "\"setitimer\"")
        let place = URL(filePath: policy).deletingLastPathComponent().appending(path: Self.name)
        try spoiled(host).write(to: place)
        try Files.set(place.path, mode: 0o644)
        var options = Host.Options()
        options.more = ["--policy", policy]
        // getitimer is 36: no rule permits it any more.
        let script =
            "import ctypes; libc = ctypes.CDLL(None, use_errno=True); libc.syscall(36, 0, 0); print(ctypes.get_errno())"
        #expect(try host.run(["/usr/bin/python3", "-c", script], options).output == "\(ENOSYS)\n")
    }
}
