import Enforcement
import Foundation
import Policy
import Testing

/// The policies of the cages, as they are shipped.
@Suite struct ToolPolicyTests {
    private static let policies = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "policies")

    private func text(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Self.policies.appending(path: name)))
    }

    private func seccomp(_ name: String) throws -> SeccompPolicy { try SeccompPolicy(file: name, text: text(name)) }

    private func policy() throws -> ToolPolicy { try ToolPolicy(file: "tool.json", text: text("tool.json")) }

    @Test func `the shipped kinds say what they may`() throws {
        let policy = try policy()
        #expect(policy.kinds.map(\.name) == ["tool-read", "tool-write", "tool-run", "tool-network"])
        #expect(policy.kind("tool-read")?.writesWorkspace == false)
        #expect(policy.kinds.filter(\.executes).map(\.name) == ["tool-run", "tool-network"])
        #expect(policy.kinds.filter { !$0.connectPorts.isEmpty }.map(\.name) == ["tool-network"])
        #expect(policy.kind("tool-exec") == nil)
    }

    @Test(
        arguments: [
            (#""noNewPrivileges": true"#, #""noNewPrivileges": false"#, "noNewPrivileges"),
            (#"["abstract-unix-socket", "signal"]"#, #"["signal"]"#, "abstract-unix-socket"),
            (#"["abstract-unix-socket", "signal"]"#, #"["abstract-unix-socket"]"#, "signal"),
            (#""workspace": "read""#, #""workspace": "all""#, "expected \"read\" or \"write\""),
            (#""executes": true"#, #""execute": true"#, "executes"),
            (#""seccomp": "tool.seccomp.json""#, #""seccomp": "../x""#, "beside this one"),
            (#"[53, 80, 443]"#, "[0]", "65535"), (#""/usr""#, #""usr""#, "absolute"),
        ])
    func `a policy that cannot be held is refused`(old: String, new: String, words: String) throws {
        let text = String(decoding: try text("tool.json"), as: UTF8.self)
        #expect(text.contains(old))
        let changed = text.replacingOccurrences(of: old, with: new)
        let error = #expect(throws: PolicyError.self) { try ToolPolicy(file: "tool.json", text: Array(changed.utf8)) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func `only listed variables pass, and more count before them`() throws {
        func variables(_ pairs: [(String, String)]) -> [EnvironmentVariable] {
            pairs.compactMap { EnvironmentVariable(name: $0.0, value: $0.1) }
        }
        let result = try policy().environment(
            from: variables([
                ("LANG", "C"), ("OPENAI_API_KEY", "secret"), ("LC_TIME", "C"), ("PATH", "/evil"), ("LD_PRELOAD", "x"),
            ]),
            and: variables([("LANG", "de"), ("HOME", "/w")]))
        #expect(Set(result.map(\.name)) == ["LANG", "LC_TIME", "PATH", "SHELL", "HOME"])
        #expect(result.first { $0.name == "LANG" }?.value == "de")
        #expect(result.first { $0.name == "PATH" }?.value.hasPrefix("/usr/local") == true)
    }

    @Test(arguments: ["tool", "tool-network"])
    func `a cage permits no call that the gateway's sandbox does not`(name: String) throws {
        let gateway = try seccomp("gateway.seccomp.json")
        let tool = try seccomp("\(name).seccomp.json")
        #expect(tool.defaultAction == gateway.defaultAction)
        let known = Set(gateway.names)
        #expect(Set(tool.names).subtracting(known).isEmpty)
        for entry in tool.entries {
            #expect(entry.action != .notify)
            #expect(entry.comparisons.isEmpty || entry.names.count >= 1)
            guard entry.action.permits else { continue }
            for call in entry.names {
                let rules = gateway.entries.filter { $0.names.contains(call) }
                // Permitted there too: for every argument, for these, or by the broker.
                #expect(
                    rules.contains {
                        ($0.action.permits || $0.action == .notify)
                            && ($0.comparisons.isEmpty || $0.comparisons == entry.comparisons
                                || entry.comparisons.isEmpty)
                    }, "\(call)")
            }
        }
    }

    /// What a cage answers, written down without looking at its file.
    @Test(
        arguments: ["tool", "tool-network"],
        [
            ("ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp perf_event_open userfaultfd", 1),
            ("keyctl add_key request_key bpf setns mount umount2 pivot_root chroot unshare_all", 1),
            ("bind listen accept accept4 chown lchown fchownat shmget msgget semget mq_open", 1),
            ("io_uring_setup io_uring_enter clone3 io_setup inotify_init1 inotify_add_watch", 38),
            ("setxattr lsetxattr removexattr", 95),
        ])
    func `what reaches out of the cage is refused`(name: String, calls: (String, UInt16)) throws {
        let tool = try seccomp("\(name).seccomp.json")
        for call in calls.0.split(separator: " ").map(String.init) where call != "unshare_all" {
            let entries = tool.indices(ofEntriesFor: call).map { tool.entries[$0] }
            #expect(entries.map(\.action) == [.errno(calls.1)], "\(call)")
        }
    }

    @Test(arguments: ["tool", "tool-network"])
    func `a cage's filter is what its file means`(name: String) throws {
        _ = try FilterCompiler.compile(try seccomp("\(name).seccomp.json"))
    }
}
