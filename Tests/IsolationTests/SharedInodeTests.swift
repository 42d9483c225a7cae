import Foundation
import Glibc
import Testing

/// A: the files of /usr and /etc that a sandbox sees are the host's in content alone.
@Suite(.recorded) struct SharedInodeTests {
    /// Watches files, says so, waits until a file appears in the state directory, and says what it has seen.
    private static let watcher = """
        import ctypes, os, sys
        libc = ctypes.CDLL(None)
        queue = libc.inotify_init1(os.O_NONBLOCK)
        for path in sys.argv[1:]:
            # IN_OPEN, IN_ACCESS and IN_CLOSE (inotify(7)).
            if libc.inotify_add_watch(queue, path.encode(), 0x20 | 0x1 | 0x18) < 0: sys.exit(path)
        go = os.environ["MAZELCLAW_STATE_DIR"] + "/go"
        print("watching", flush=True)
        while not os.path.exists(go): os.sched_yield()
        if os.environ.get("INSIDE"): open(sys.argv[1]).close()
        try: print("seen", len(os.read(queue, 1 << 16)) > 0)
        except BlockingIOError: print("nothing")
        """
    private static let files = ["/usr/bin/env", "/usr/bin", "/etc/ld.so.cache", "/etc/ssl/certs"]

    private func watch(_ starting: Starting, _ more: [String]) throws -> String {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.more = more
        let running = try host.start(["/usr/bin/python3", "-c", Self.watcher] + Self.files, options)
        try running.waitForOutput("watching")
        // The host runs a program, which the dynamic linker reads its cache for, and opens what is in the directories.
        let acts = [["/usr/bin/env", "true"], ["/bin/ls", "/usr/bin", "/etc/ssl/certs"]]
        for command in acts {
            let end = try Running(command.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup()).wait()
            #expect(end.code == 0)
        }
        try Files.write("", to: host.stateDirectory() + "/go")
        let end = try running.wait()
        return end.output.replacingOccurrences(of: "watching\n", with: "")
    }

    @Test(arguments: Starting.available)
    func `which programs the host starts is not seen inside`(starting: Starting) throws {
        #expect(try watch(starting, []) == "nothing\n")
        #expect(try watch(starting, ["--env", "INSIDE=1"]) == "seen True\n")
    }

    @Test(arguments: Starting.available)
    func `with the host's own inodes, given up by name, it is`(starting: Starting) throws {
        #expect(try watch(starting, ["--allow-degraded", "own-inodes"]) == "seen True\n")
    }

    @Test(arguments: Starting.available)
    func `a lock on a file of usr is in nobody's way outside`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let file = "/usr/bin/env"
        let script = """
            import fcntl, os, sys
            own = open("\(file)")
            fcntl.flock(own, fcntl.LOCK_EX)
            # Another open file of the same inode finds it locked.
            try: fcntl.flock(open("\(file)"), fcntl.LOCK_EX | fcntl.LOCK_NB); print("free")
            except BlockingIOError: print("locked", flush=True)
            while not os.path.exists(os.environ["MAZELCLAW_STATE_DIR"] + "/go"): os.sched_yield()
            """
        let running = try host.start(["/usr/bin/python3", "-c", script])
        try running.waitForOutput("locked")
        let descriptor = open(file, O_RDONLY | 0o2000000)
        defer { close(descriptor) }
        // Shared: this very test runs twice at a time.
        #expect(flock(descriptor, LOCK_SH | LOCK_NB) == 0)
        try Files.write("", to: host.stateDirectory() + "/go")
        #expect(try running.wait().code == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "only root mounts on the host"), arguments: Starting.available)
    func `what is mounted below usr on the host is visible, and has other inodes too`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.makeDirectory("\(host.root)/local")
        try Files.write("mounted", to: "\(host.root)/local/file")
        var options = Host.Options()
        options.rootWrapper = [
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            "mount --bind \(host.root)/local /usr/local && exec \"$@\"", "sh",
        ]
        let end = try host.run(
            ["sh", "-c", "cat /usr/local/file; stat -c %d /usr/local/file; touch /usr/local/x"], options)
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        var status = stat()
        #expect(stat("\(host.root)/local/file", &status) == 0)
        #expect(lines.first?.hasPrefix("mounted") == true, "\(end.output) \(end.errors)")
        #expect(!end.output.contains("\n\(status.st_dev)\n"))
        #expect(end.errors.contains("Read-only file system"))
    }

    @Test(arguments: Starting.available)
    func `a view of what others than root can write is refused`(starting: Starting) throws {
        let host = try Host(starting)
        let source = "\(host.home)/tools"
        try Files.makeDirectory(source, owner: Host.payloadUser)
        let policy = try host.policy(
            "gateway.json",
            replacing: "\"destination\": \"/etc/fonts\", \"type\": \"overlay\", \"source\": \"/etc/fonts\"",
            with: "\"destination\": \"/etc/fonts\", \"type\": \"overlay\", \"source\": \"\(source)\"")
        var options = Host.Options()
        options.more = ["--policy", policy]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.output.isEmpty)
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("others than root can write it") == true, "\(end.errors)")
    }
}
