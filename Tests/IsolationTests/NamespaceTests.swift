import Foundation
import Glibc
import Testing

/// U: which namespaces and which keyring a payload is in, beside the host's.
@Suite(.recorded) struct NamespaceTests {
    @Test(arguments: Starting.available)
    func `every namespace is another than the host's, but for those a sandbox shares`(starting: Starting) throws {
        let kinds = ["user", "mnt", "pid", "ipc", "uts", "cgroup", "net", "time"]
        let script = "for kind in \(kinds.joined(separator: " ")); do readlink /proc/self/ns/$kind; done"
        var options = Host.Options()
        // The launcher's own, which the tests may have started in another mount namespace than theirs.
        options.wrapper = ["sh", "-c", "\(script); exec \"$@\"", "-"]
        let lines = try Host(starting).run(["sh", "-c", script], options).output.split(separator: "\n").map(String.init)
        try #require(lines.count == 2 * kinds.count)
        let (host, inside) = (lines.prefix(kinds.count), lines.suffix(kinds.count))
        for (kind, (own, other)) in zip(kinds, zip(inside, host)) {
            #expect(own.hasPrefix("\(kind):["))
            #expect((own == other) == ["net", "time"].contains(kind), "\(kind)")
        }
    }

    @Test(arguments: Starting.available)
    func `the payload is process 2 below process 1`(starting: Starting) throws {
        #expect(try Host(starting).run(["sh", "-c", "echo $$ $PPID"]).output == "2 1\n")
    }

    @Test(arguments: Starting.available)
    func `the mounts belong to a user namespace that the payload is not in`(starting: Starting) throws {
        // NS_GET_USERNS of ioctl_nsfs(2).
        let script = """
            import fcntl, os
            def owner(kind):
                try: return "found" if fcntl.ioctl(os.open(f"/proc/self/ns/{kind}", os.O_RDONLY), 0xb701) else ""
                except PermissionError: return "outside"
            print(owner("mnt"), owner("pid"), owner("ipc"), owner("uts"), owner("cgroup"))
            """
        let end = try Host(starting).run(["/usr/bin/python3", "-c", script])
        #expect(end.output == "outside outside outside outside outside\n", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `the payload's session keyring is not its caller's`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let policy = try host.policy(
            "gateway.seccomp.json", replacing: "\"names\": [\"add_key\", \"keyctl\", \"request_key\"],",
            with: """
                "names": ["keyctl"], "action": "SCMP_ACT_ALLOW",
                "args": [{ "index": 0, "value": 0, "op": "SCMP_CMP_EQ" }] },
                { "names": ["add_key", "request_key"],
                """)
        options.more = ["--policy", policy]
        // keyctl(2): KEYCTL_JOIN_SESSION_KEYRING is 1, KEYCTL_GET_KEYRING_ID 0, KEY_SPEC_SESSION_KEYRING -3.
        let show = "print(ctypes.CDLL(None).syscall(250, 0, -3, 0), flush=True)"
        options.wrapper = [
            "/usr/bin/python3", "-c",
            "import ctypes, os, sys; ctypes.CDLL(None).syscall(250, 1, None); \(show); os.execv(sys.argv[1], sys.argv[1:])",
        ]
        let end = try host.run(["/usr/bin/python3", "-c", "import ctypes; \(show)"], options)
        let keyrings = end.output.split(separator: "\n").compactMap { Int($0) }
        #expect(keyrings.count == 2, "\(end.errors)")
        #expect(keyrings.allSatisfy { $0 > 0 })
        #expect(keyrings.first != keyrings.last)
    }
}
