import Foundation
import Glibc
import Testing

/// F: files, as seen from outside.
@Suite(.recorded) struct FileTests {
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

    // MARK: Programs

    @Test(.enabled(if: geteuid() == 0, "only root can give a program privileges"), arguments: Starting.available)
    func `a program with privileges in the state directory has none inside`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let state = host.stateDirectory()
        for name in ["id", "cat"] { try Stage.copy("/usr/bin/\(name)", to: "\(state)/\(name)") }
        try Files.set("\(state)/id", mode: 0o6755)
        // All capabilities, effective (VFS_CAP_REVISION_2, capabilities(7)).
        let grant =
            "import os; os.setxattr('\(state)/cat', 'security.capability', bytes([1, 0, 0, 2]) + bytes([255] * 8 + [0] * 8))"
        let granting = ["/usr/bin/python3", "-c", grant].map { Array($0.utf8) }
        #expect(try Running(granting, files: "\(host.root)/output", Running.Setup()).wait().code == 0)
        let script =
            "$MAZELCLAW_STATE_DIR/id -u; $MAZELCLAW_STATE_DIR/id -g; $MAZELCLAW_STATE_DIR/cat /proc/self/status | grep Cap"
        let end = try host.run(["sh", "-c", script])
        let user = Host.payloadUser
        let none = ["Inh", "Prm", "Eff", "Bnd", "Amb"].map { "Cap\($0):\t0000000000000000\n" }.joined()
        #expect(end.output == "\(user)\n\(user)\n\(none)", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `the launcher's and the gateway's programs are what they were`(starting: Starting) throws {
        let host = try Host(starting)
        // A user's own launcher belongs to the very user that the payload is.
        var options = Host.Options()
        var stage = "\(host.stage.root)/stage"
        if starting == .unprivileged {
            stage = "\(host.root)/own"
            try Stage.copy("\(host.stage.root)/stage", to: stage)
            for name in [""] + (FileManager.default.enumerator(atPath: stage)?.compactMap { $0 as? String } ?? []) {
                let path = "\(stage)/\(name)"
                try Files.set(path, mode: Files.mode(of: path) ?? 0o755, owner: Host.payloadUser)
            }
            options.launcher = "\(stage)/bin/mazelclaw-run"
        }
        let programs = ["mazelclaw-run", "mazelclaw"].map { "\(stage)/bin/\($0)" }
        let before = programs.map(Files.bytes)
        #expect(before.allSatisfy { ($0?.count ?? 0) > 1 << 20 })
        // Whatever can be tried while init runs that program: through /proc, by its path, and the gateway shown inside.
        let script = """
            import glob, os
            opened = []
            for path in glob.glob("/proc/*/exe") + ["/opt/mazelclaw/bin/mazelclaw", *\(programs)]:
                try:
                    if os.readlink(path).startswith("/usr"): continue
                except OSError: pass
                for flags in (os.O_WRONLY, os.O_RDWR | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
                    try: opened.append(os.open(path, flags))
                    except OSError: pass
                for act in (os.unlink, lambda p: os.rename(p, p + "x"), lambda p: os.truncate(p, 0)):
                    try: act(path); opened.append(path)
                    except OSError: pass
            print(opened, os.access("/opt/mazelclaw/bin/mazelclaw", os.R_OK | os.X_OK))
            """
        let end = try host.run(["/usr/bin/python3", "-c", script], options)
        #expect(end.output == "[] True\n", "\(end.errors)")
        #expect(programs.map(Files.bytes) == before)
    }

    // MARK: The state directory

    /// Where a link is put, and where it leads.
    static let links = ["state", "above", "workspace"].flatMap { place in
        ["/etc", "/", "HOME/dangling", "HOME/link", "HOME/real"].map { (place: place, target: $0) }
    }

    @Test(arguments: Starting.available, links)
    func `a link on the way is refused by name, wherever it leads`(
        starting: Starting, link: (place: String, target: String)
    ) throws {
        let host = try Host(starting)
        try Files.makeDirectory("\(host.home)/real", mode: 0o700, owner: Host.payloadUser)
        let path = "\(host.home)/link"
        try Files.makeLink(
            path, to: link.target.replacingOccurrences(of: "HOME", with: host.home), owner: Host.payloadUser)
        var options = Host.Options()
        switch link.place {
        case "state": options.more = ["--state-dir", path]
        case "above": options.more = ["--state-dir", "\(path)/state"]
        default: options.more = ["--workspace", path]
        }
        let etc = Files.listing("/etc").count
        let end = try host.run(["touch", "\(host.home)/ran"], options)
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains(path) == true, "\(end.errors)")
        #expect(end.sentences.last?.contains("symbolic link") == true)
        #expect(!Files.exists("\(host.home)/ran"))
        #expect(Files.listing("\(host.home)/real").isEmpty)
        #expect(!Files.exists("\(host.home)/dangling"))
        #expect(Files.listing("/etc").count == etc)
    }

    /// What is mounted where the state directory is, and whether a start may use it.
    static let mounts: [(options: String, code: Int32)] = [
        ("--bind /etc", 125), ("-t tmpfs -o mode=700,uid=0 none", 125), ("-t tmpfs -o mode=777,uid=USER none", 125),
        ("-t tmpfs -o ro,mode=700,uid=USER none", 125), ("-t proc none", 125),
        // A disk of the user's own.
        ("-t tmpfs -o mode=700,uid=USER none", 0),
    ]

    @Test(.enabled(if: geteuid() == 0, "only root can mount on the host"), arguments: Starting.available, mounts)
    func `a mount in the place of the state directory is looked at like any directory`(
        starting: Starting, mount: (options: String, code: Int32)
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        let words = mount.options.replacingOccurrences(of: "USER", with: "\(Host.payloadUser)")
        options.rootWrapper = [
            "unshare", "-m", "sh", "-c", "mount \(words) \(host.stateDirectory()) && exec \"$@\"", "-",
        ]
        let end = try host.run(["sh", "-c", "touch $MAZELCLAW_STATE_DIR/file && echo ran"], options)
        #expect(end.code == mount.code, "\(end.errors)")
        #expect(end.output == (mount.code == 0 ? "ran\n" : ""))
        guard mount.code != 0 else { return }
        let sentence = try #require(end.sentences.last)
        #expect(sentence.contains(host.stateDirectory()) || sentence.contains("state directory"), "\(sentence)")
    }

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

    /// Where something that may block whoever opens it is put, and how a start must end.
    static let blocking: [(kind: String, place: String, code: Int32)] = ["fifo", "socket"].flatMap { kind in
        [
            ("STATE/mazelclaw.json", 0), ("STATE/workspace-p", 0), ("STATE", 125), ("HOME/workspace", 125),
            ("HOME/bound", 0),
        ].map { (kind, $0.0, $0.1) }
    }

    @Test(arguments: Starting.available, blocking)
    func `a pipe or socket in the place of a file hangs nobody`(
        starting: Starting, blocking: (kind: String, place: String, code: Int32)
    ) throws {
        let host = try Host(starting)
        let path = blocking.place.replacingOccurrences(of: "STATE", with: host.stateDirectory())
            .replacingOccurrences(of: "HOME", with: host.home)
        if path != host.stateDirectory() { try host.makeState() }
        let making = """
            import os, socket
            os.mkfifo('\(path)') if '\(blocking.kind)' == 'fifo' else socket.socket(socket.AF_UNIX).bind('\(path)')
            os.chown('\(path)', \(Host.payloadUser), \(Host.payloadUser))
            """
        let made = try Running(
            ["/usr/bin/python3", "-c", making].map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        #expect(try made.wait().code == 0)
        var options = Host.Options()
        if blocking.place == "HOME/workspace" { options.more = ["--workspace", path] }
        if blocking.place == "HOME/bound" { options.more = ["--bind-ro", "\(path):/data/bound"] }
        let end = try host.start(["echo", "ran"], options).wait(seconds: 20)
        #expect(end.code == blocking.code, "\(end.errors)")
        #expect(end.output == (blocking.code == 0 ? "ran\n" : ""))
        if blocking.code != 0 { #expect(end.sentences.last?.contains(path) == true) }
        guard blocking.place == "STATE/mazelclaw.json", starting == .unprivileged else { return }
        // The gateway, which reads that file, inside and outside.
        let inside = try host.start([host.stage.gatewayInside, "--profile", "p", "gateway"]).wait(seconds: 20)
        #expect(inside.code == 78, "\(inside.errors)")
        var setup = Running.Setup()
        setup.environment = host.environment
        let words = (geteuid() == 0 ? Host.becomingUser : []) + [host.stage.gateway, "--profile", "p", "status"]
        let outside = try Running(words.map { Array($0.utf8) }, files: "\(host.root)/output", setup).wait(seconds: 20)
        #expect(outside.code == 1, "\(outside.errors)")
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

    @Test(arguments: Starting.available)
    func `the mounts of a running sandbox are not the host's`(starting: Starting) throws {
        let host = try Host(starting)
        let before = Files.read("/proc/self/mountinfo")
        let running = try host.start(["sh", "-c", "echo ready; exec sleep 1000"])
        try running.waitForOutput("ready")
        #expect(Files.read("/proc/self/mountinfo") == before)
        let payload = try #require(Processes.descendants(of: running.processID).last)
        let inside = Files.read("/proc/\(payload)/mountinfo") ?? ""
        #expect(inside.contains("tmpfs") && inside != before)
        // No peer group and no master in either direction (mount_namespaces(7)).
        for word in ["shared:", "master:", "propagate_from:"] { #expect(!inside.contains(word)) }
        running.send(SIGTERM)
        #expect(try running.wait().code == 128 + SIGTERM)
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
