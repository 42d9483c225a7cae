import Foundation
import Glibc
import Testing

/// F: files, as seen from outside.
@Suite struct FileTests {
    // MARK: What is not visible

    @Test(arguments: Starting.available)
    func `no canary of the host is visible by any path`(starting: Starting) throws {
        let host = try Host(starting)
        let (name, secret) = ("canary-\(UUID().uuidString)", UUID().uuidString)
        let places = [host.home, "\(host.home)/.ssh", host.stateDirectory("first"), "\(host.root)/output"]
        for place in places {
            try Files.makeDirectory(place, owner: Host.payloadUser)
            try Files.write("secret \(secret)", to: "\(place)/\(name)", owner: Host.payloadUser)
        }
        // A pattern that does not match itself: the script may be found.
        let pattern = "secret [\(secret.prefix(1))]\(secret.dropFirst())"
        let script = """
            echo names: $(find / -name '\(name)' 2>/dev/null)
            for place in \(places.joined(separator: " ")); do
              for root in '' /proc/1/root /proc/self/root /proc/self/root/.. /proc/$$/task/$$/root; do
                cat "$root$place/\(name)" 2>/dev/null
              done
            done
            cat /proc/*/cwd/\(name) /proc/1/fd/* 2>/dev/null
            echo content: $(grep -rl '\(pattern)' /etc /opt /run /tmp /var /dev/shm /proc/self/environ 2>/dev/null)
            """
        let end = try host.run(["sh", "-c", script])
        #expect(end.code == 0)
        #expect(end.output == "names:\ncontent:\n")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can plant a file in /root"))
    func `a canary in root's home is not visible`() throws {
        let host = try Host(.root)
        let canary = "/root/.mazelclaw-canary-\(UUID().uuidString)"
        try Files.write("secret", to: canary)
        defer { unlink(canary) }
        let end = try host.run(["sh", "-c", "cat \(canary) /proc/1/root\(canary)"])
        #expect(end.code == 1)
        #expect(end.output.isEmpty)
    }

    @Test(arguments: Starting.available)
    func `mountinfo names no path of another profile`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState("first")
        let end = try host.run(["cat", "/proc/self/mountinfo", "/proc/1/mountinfo", "/proc/mounts"])
        #expect(end.code == 0)
        #expect(!end.output.contains("first"))
        #expect(!end.output.contains(host.configuration))
        #expect(!end.output.contains("\(host.root)/state"))
        #expect(end.output.contains(host.stateDirectory()))
    }

    // MARK: The state directory

    @Test(arguments: Starting.available)
    func `a state directory that is a link is refused by name`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.makeLink(host.stateDirectory(), to: "/etc", owner: Host.payloadUser)
        try expectRefusal(host, naming: host.stateDirectory(), "symbolic link")
    }

    @Test(arguments: Starting.available)
    func `a state directory behind a link of the payload's is refused by name`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.makeDirectory("\(host.home)/real", owner: Host.payloadUser)
        try Files.makeDirectory("\(host.home)/real/state", mode: 0o700, owner: Host.payloadUser)
        try Files.makeLink("\(host.home)/link", to: "\(host.home)/real", owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--state-dir", "\(host.home)/link/state"]
        try expectRefusal(host, options, naming: "\(host.home)/link/state", "\"link\"")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a directory of another user"), arguments: Starting.available)
    func `a state directory of another user is refused by name`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.makeDirectory(host.stateDirectory(), mode: 0o700, owner: 61299)
        try expectRefusal(host, naming: host.stateDirectory(), "61299")
    }

    @Test(arguments: Starting.available, [0o770, 0o707, 0o777] as [UInt32])
    func `a state directory that others may write is refused by name`(starting: Starting, mode: UInt32) throws {
        let host = try Host(starting)
        try Files.makeDirectory(host.stateDirectory(), mode: mode, owner: Host.payloadUser)
        try expectRefusal(host, naming: host.stateDirectory(), "chmod go-w")
    }

    @Test(arguments: Starting.available)
    func `a state directory that is a file is refused by name`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.write("", to: host.stateDirectory(), owner: Host.payloadUser)
        try expectRefusal(host, naming: host.stateDirectory(), "director")
    }

    private func expectRefusal(
        _ host: Host, _ options: Host.Options = Host.Options(), naming path: String, _ word: String
    ) throws {
        let end = try host.run(["touch", "\(host.home)/ran"], options)
        #expect(end.code == 125)
        let sentence = try #require(end.sentences.last)
        #expect(sentence.contains(path))
        #expect(sentence.contains(word))
        #expect(!Files.exists("\(host.home)/ran"))
    }

    @Test(arguments: Starting.available)
    func `a workspace that the payload made a link leads nowhere`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let link = host.stateDirectory() + "/workspace-p"
        let target = "\(host.root)/output/target"
        try Files.makeDirectory(target, mode: 0o777)
        try Files.write("secret", to: "\(target)/secret")
        try Files.makeLink(link, to: target, owner: Host.payloadUser)
        let end = try host.run(["sh", "-c", "cat $MAZELCLAW_WORKSPACE/secret; touch $MAZELCLAW_WORKSPACE/x"])
        #expect(end.code != 0)
        #expect(!end.output.contains("secret"))
        #expect(!Files.exists("\(target)/x"))
    }

    @Test(arguments: Starting.available)
    func `a workspace outside of the state directory that is a link is refused by name`(starting: Starting) throws {
        let host = try Host(starting)
        let link = "\(host.home)/workspace"
        try Files.makeLink(link, to: "/etc", owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--workspace", link]
        try expectRefusal(host, options, naming: link, "symbolic link")
    }

    @Test(arguments: Starting.available)
    func `a workspace outside of the state directory is writable and its user's`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--workspace", "\(host.home)/workspace"]
        let end = try host.run(["sh", "-c", "echo text > $MAZELCLAW_WORKSPACE/file"], options)
        #expect(end.code == 0)
        #expect(Files.read("\(host.home)/workspace/file") == "text\n")
        #expect(Files.owner(of: "\(host.home)/workspace/file") == Host.payloadUser)
    }

    @Test(
        .enabled(if: Files.isSymbolicLink("/var/run"), "/var/run is no link on this host"),
        .enabled(if: geteuid() == 0, "only root can make directories in /run"), arguments: Starting.available)
    func `a link that root alone decides about is followed`(starting: Starting) throws {
        let host = try Host(starting)
        let name = "mazelclaw-isolation-\(UUID().uuidString)"
        try Files.makeDirectory("/run/\(name)", owner: Host.payloadUser)
        defer { try? FileManager.default.removeItem(atPath: "/run/\(name)") }
        try Files.write("data", to: "/run/\(name)/file", owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--bind-ro", "/var/run/\(name):/data"]
        let end = try host.run(["cat", "/data/file"], options)
        #expect(end.output == "data")
        #expect(end.code == 0)
    }

    @Test(arguments: Starting.available)
    func `a state directory that is swapped for a link meanwhile never shows the link's target`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        let target = "\(host.root)/output/target"
        try Files.makeDirectory(target, mode: 0o777, owner: Host.payloadUser)
        try Files.write("secret", to: "\(target)/secret")
        try Files.makeLink("\(host.home)/other", to: target, owner: Host.payloadUser)
        // renameat2(2) with RENAME_EXCHANGE, as fast as it goes.
        let script = """
            import ctypes
            libc = ctypes.CDLL(None)
            print("ready", flush=True)
            while True: libc.renameat2(-100, b"\(host.stateDirectory())", -100, b"\(host.home)/other", 2)
            """
        let swapper = try Running(
            ["/usr/bin/python3", "-c", script].map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        try swapper.waitForOutput("ready")
        var codes: [Int32: Int] = [:]
        for _ in 0..<100 {
            let end = try host.run(["sh", "-c", "ls $MAZELCLAW_STATE_DIR; touch $MAZELCLAW_STATE_DIR/touched"])
            #expect(!end.output.contains("secret"))
            codes[end.code ?? -1, default: 0] += 1
        }
        swapper.send(SIGKILL)
        try swapper.wait()
        #expect(!Files.exists("\(target)/touched"))
        #expect(codes.keys.allSatisfy { [0, 125].contains($0) }, "\(codes)")
    }

    // MARK: Binds

    @Test(arguments: Starting.available, ["--bind", "--bind-ro"])
    func `a bind through a link in a user's directory is refused by name`(starting: Starting, option: String) throws {
        let host = try Host(starting)
        try Files.makeLink("\(host.home)/link", to: "/etc", owner: Host.payloadUser)
        var options = Host.Options()
        options.more = [option, "\(host.home)/link:/data"]
        let end = try host.run(["true"], options)
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("\(host.home)/link") == true)
        #expect(end.sentences.last?.contains("ELOOP") == true)
    }

    @Test(arguments: Starting.available)
    func `binds are writable or not, as asked`(starting: Starting) throws {
        let host = try Host(starting)
        for name in ["rw", "ro"] {
            try Files.makeDirectory("\(host.home)/\(name)", owner: Host.payloadUser)
        }
        var options = Host.Options()
        options.more = ["--bind", "\(host.home)/rw:/data/rw", "--bind-ro", "\(host.home)/ro:/data/ro"]
        let end = try host.run(["sh", "-c", "touch /data/rw/x; touch /data/ro/x; ls /data"], options)
        #expect(end.output == "ro\nrw\n")
        #expect(Files.exists("\(host.home)/rw/x"))
        #expect(!Files.exists("\(host.home)/ro/x"))
        #expect(end.errors.contains("Read-only file system"))
    }

    @Test(arguments: Starting.available, ["/usr", "/usr/local", "/proc", "/tmp", "/", "/dev"])
    func `a bind cannot hide or replace a part of the sandbox`(starting: Starting, destination: String) throws {
        let host = try Host(starting)
        try Files.makeDirectory("\(host.home)/data", owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--bind", "\(host.home)/data:\(destination)"]
        let end = try host.run(["true"], options)
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains(destination) == true)
    }

    @Test(arguments: Starting.available, ["", "/self/root", "/1/root"])
    func `the host's own /proc cannot be bound`(starting: Starting, path: String) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--bind-ro", "/proc\(path):/data"]
        #expect(try host.run(["true"], options).code == 78)
    }

    @Test(arguments: Starting.available)
    func `a pipe in the place of a file does not hang the launcher`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        #expect(mkfifo(host.stateDirectory() + "/mazelclaw.json", 0o666) == 0)
        try Files.set(host.stateDirectory() + "/mazelclaw.json", mode: 0o666, owner: Host.payloadUser)
        #expect(try host.run(["true"]).code == 0)
    }

    // MARK: What is left on the host

    @Test(arguments: Starting.available)
    func `a file made inside belongs to the payload's user outside`(starting: Starting) throws {
        let host = try Host(starting)
        let end = try host.run(["sh", "-c", "touch $MAZELCLAW_STATE_DIR/file; mkdir $MAZELCLAW_STATE_DIR/dir"])
        #expect(end.code == 0)
        for name in ["", "/file", "/dir"] {
            #expect(Files.owner(of: host.stateDirectory() + name) == Host.payloadUser)
        }
        #expect(Files.mode(of: host.stateDirectory() + "/file") == 0o600)
        #expect(Files.mode(of: host.stateDirectory()) == 0o700)
    }

    @Test(arguments: Starting.available)
    func `chmod of /tmp inside leaves the host's as it is`(starting: Starting) throws {
        let host = try Host(starting)
        let mode = Files.mode(of: "/tmp")
        let end = try host.run(["sh", "-c", "chmod 0700 /tmp && touch /tmp/mazelclaw-inside && stat -c %a /tmp"])
        #expect(end.output == "700\n")
        #expect(Files.mode(of: "/tmp") == mode)
        #expect(!Files.exists("/tmp/mazelclaw-inside"))
    }

    /// How a run comes to its end.
    enum RunKind: CaseIterable {
        case normal, refused, notFound, killed
    }

    @Test(arguments: Starting.available, RunKind.allCases)
    func `a run leaves the host's tree as it was`(starting: Starting, kind: RunKind) throws {
        let host = try Host(starting)
        // The first start makes what stays: profile, lock, cached filter, state directory.
        #expect(try host.run(["true"]).code == 0)
        let before = Files.listing(host.root, leavingOut: Files.isRecord)
        let mounts = Files.read("/proc/self/mountinfo")
        switch kind {
        case .normal: #expect(try host.run(["true"]).code == 0)
        case .notFound: #expect(try host.run(["/nowhere"]).code == 127)
        case .refused:
            var options = Host.Options()
            options.more = ["--bind", "/nowhere:/data"]
            #expect(try host.run(["true"], options).code == 125)
        case .killed:
            let running = try host.start(["sh", "-c", "echo ready; exec sleep 100"])
            try running.waitForOutput("ready")
            running.send(SIGKILL)
            try running.wait()
        }
        #expect(Files.listing(host.root, leavingOut: Files.isRecord) == before)
        #expect(Files.read("/proc/self/mountinfo") == mounts)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount on the host"), arguments: Starting.available)
    func `a mount made on the host after the start does not appear inside`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        try Files.makeDirectory("\(host.home)/data", owner: Host.payloadUser)
        // A peer group that the launcher starts in, and a mount made below the state directory meanwhile.
        let script = """
            "$@" & launcher=$!
            while ! [ -e \(host.home)/data/go ]; do :; done
            mount -t tmpfs none \(host.stateDirectory())/mnt && touch \(host.stateDirectory())/mnt/seen
            touch \(host.stateDirectory())/mounted
            wait $launcher
            """
        var options = Host.Options()
        options.rootWrapper = ["unshare", "-m", "--propagation", "shared", "bash", "-c", script, "-"]
        let inside = """
            mkdir $MAZELCLAW_STATE_DIR/mnt; echo ready > /data/go
            while ! [ -e $MAZELCLAW_STATE_DIR/mounted ]; do :; done
            ls $MAZELCLAW_STATE_DIR/mnt; grep -c shared: /proc/self/mountinfo
            """
        options.more = ["--bind", "\(host.home)/data:/data"]
        let end = try host.run(["sh", "-c", inside], options)
        #expect(end.output == "0\n")
    }
}
