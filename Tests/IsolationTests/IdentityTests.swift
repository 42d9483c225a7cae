import Foundation
import Glibc
import JSON
import Testing

/// A: the user ID of a profile's own, under which the kernel counts what it uses apart from all others.
@Suite(.recorded, .enabled(if: geteuid() == 0, "only root gives user IDs")) struct IdentityTests {
    private static let own: ClosedRange<UInt32> = 1_900_000_000...1_900_065_535

    /// A start of `command` by root that names no user.
    private func start(
        _ host: Host, _ profile: String, _ command: [String], _ more: [String] = [], wrapper: [String] = []
    ) throws -> Running.Ended {
        try Files.set("\(host.root)/state", mode: 0o755)
        var options = Host.Options(rootWrapper: wrapper)
        options.setup.environment["LANG"] = "C.UTF-8"
        return try host.plain(
            ["--profile", profile] + more + ["--bind-ro", "\(host.stage.root)/probe", "--"] + command, options)
    }

    private func userID(_ host: Host, _ profile: String, _ more: [String] = []) throws -> UInt32 {
        let end = try start(host, profile, ["id", "-u"], more)
        return try #require(UInt32(end.output.dropLast()), "\(end.errors)")
    }

    private func state(_ host: Host, _ profile: String) -> String { "\(host.root)/state/mazelclaw-profiles/\(profile)" }

    @Test func `each profile has a user ID of its own, and keeps it`() throws {
        let host = try Host(.root)
        let (first, second) = (try userID(host, "first"), try userID(host, "second"))
        #expect(Self.own.contains(first))
        #expect(Self.own.contains(second))
        #expect(first != second)
        #expect(try userID(host, "first") == first)
        let end = try start(
            host, "first", ["sh", "-c", "id -u; id -g; cat /proc/self/uid_map; touch $MAZELCLAW_STATE_DIR/x"])
        #expect(
            end.output.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) } == [
                first, first, first, first, 1,
            ])
        #expect(Files.owner(of: state(host, "first") + "/x") == first)
        #expect(Files.mode(of: state(host, "first")) == 0o700)
    }

    @Test func `files stay their owner's on the disk and are the payload's inside`() throws {
        let host = try Host(.root)
        try host.makeState("mapped")
        try Files.write("kept", to: host.stateDirectory("mapped") + "/old", mode: 0o600, owner: Host.payloadUser)
        let more = host.userOption + ["--identity", "own", "--state-dir", host.stateDirectory("mapped")]
        let script =
            "id -u; stat -c %u $MAZELCLAW_STATE_DIR/old; cat $MAZELCLAW_STATE_DIR/old; touch $MAZELCLAW_STATE_DIR/new"
        let end = try start(host, "mapped", ["sh", "-c", script], more)
        let lines = end.output.split(separator: "\n")
        let own = try #require(lines.first.flatMap { UInt32($0) }, "\(end.errors)")
        #expect(Self.own.contains(own))
        #expect(lines.dropFirst() == ["\(own)", "kept"])
        #expect(Files.owner(of: host.stateDirectory("mapped") + "/new") == Host.payloadUser)
        // What belongs to others, root among them, is nobody's inside.
        try Files.write("root's", to: host.stateDirectory("mapped") + "/foreign", mode: 0o600)
        let foreign = "stat -c %u $MAZELCLAW_STATE_DIR/foreign; cat $MAZELCLAW_STATE_DIR/foreign; echo $?"
        let other = try start(host, "mapped", ["sh", "-c", foreign], more)
        #expect(other.output == "65534\n1\n")
    }

    @Test func `a workspace that is thrown away can be another's on the disk`() throws {
        let host = try Host(.root)
        let workspace = host.stateDirectory("mapped") + "/workspace-mapped"
        try host.makeState("mapped")
        try Files.makeDirectory(workspace, mode: 0o700, owner: Host.payloadUser)
        try Files.write("kept", to: workspace + "/old", mode: 0o600, owner: Host.payloadUser)
        let more =
            host.userOption + [
                "--identity", "own", "--state-dir", host.stateDirectory("mapped"), "--workspace-overlay", "4m",
            ]
        let script = "cd $MAZELCLAW_WORKSPACE; cat old; echo changed > old && touch new && cat old"
        let end = try start(host, "mapped", ["sh", "-c", script], more)
        #expect(end.output == "keptchanged\n", "\(end.errors)")
        #expect(Files.read(workspace + "/old") == "kept")
        #expect(!Files.exists(workspace + "/new"))
    }

    @Test func `the start of a profile with a user ID of its own proves everything`() throws {
        let host = try Host(.root)
        try Files.set("\(host.root)/state", mode: 0o755)
        _ = try userID(host, "p")
        let end = try host.plain(["verify", "--profile", "p"])
        #expect(end.code == 0, "\(end.output) \(end.errors)")
        #expect(end.output.contains(" 0 do not"))
    }

    @Test func `a removed profile's user ID is given to nobody else`() throws {
        let host = try Host(.root)
        let first = try userID(host, "first")
        try FileManager.default.removeItem(atPath: "\(host.configuration)/profiles/first.json")
        #expect(try userID(host, "second") != first)
        #expect(try userID(host, "first") == first)
    }

    @Test func `where the registry was lost nobody is given an ID that owns files`() throws {
        let host = try Host(.root)
        let first = try userID(host, "first")
        try FileManager.default.removeItem(atPath: "\(host.root)/state/mazelclaw/identities.json")
        #expect(try userID(host, "second") > first)
        // Its files are not the new ID's: the start says so, and reads none.
        let end = try start(host, "first", ["true"])
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("it belongs to user \(first)") == true)
    }

    @Test(arguments: [
        "x", "[]", "{\"first\": 0}", "{\"first\": 1000}", "{\"first\": \"1900000000\"}",
        "{\"first\": 1900000000, \"second\": 1900000000}",
    ])
    func `a registry that is damaged is refused`(text: String) throws {
        let host = try Host(.root)
        _ = try userID(host, "first")
        try Files.write(text, to: "\(host.root)/state/mazelclaw/identities.json", mode: 0o600)
        let end = try start(host, "first", ["echo", "ran"])
        #expect(end.code == 78)
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("identities.json") == true)
        #expect(end.sentences.last?.contains("restore it from a backup") == true)
    }

    @Test(arguments: [
        ("passwd", "mallory:x:1900000000:100::/home/mallory:/bin/sh"), ("group", "mallory:x:1900000000:"),
        ("subuid", "mallory:1899999990:65536"),
    ])
    func `an ID that somebody on the host has is passed over, and refused once it is given`(
        file: String, line: String
    ) throws {
        let host = try Host(.root)
        let copy = "\(host.root)/\(file)"
        let shadowing = [
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            "test -e /etc/\(file) || touch /etc/\(file); cat /etc/\(file) > \(copy); echo '\(line)' >> \(copy); "
                + "mount --bind \(copy) /etc/\(file); exec \"$@\"", "sh",
        ]
        let passed = try start(host, "first", ["id", "-u"], wrapper: shadowing)
        #expect(UInt32(passed.output.dropLast()).map { $0 > 1_900_000_000 } == true, "\(passed.errors)")
        let another = try Host(.root)
        #expect(try userID(another, "first") == 1_900_000_000)
        let end = try start(another, "first", ["echo", "ran"], wrapper: shadowing)
        #expect(end.code == 78)
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("\"mallory\"") == true)
    }

    @Test func `two profiles of one user are said to share what the kernel counts`() throws {
        let host = try Host(.root)
        #expect(try host.run(["true"]).sentences.contains { $0.contains("shares user ID") } == false)
        let other = Host.Options(profile: "other", port: host.secondPort)
        try Files.set("\(host.root)/state", mode: 0o755)
        let end = try host.run(["true"], other)
        #expect(end.sentences.contains { $0.contains("shares user ID \(Host.payloadUser) with \"p\"") })
        let explained = try host.command(["explain"], other).output
        #expect(explained.contains("runs as user \(Host.payloadUser), as the payload of p does\n"))
        _ = try userID(host, "third")
        let third = try host.plain(["explain", "--profile", "third"]).output
        #expect(third.contains(", which is this profile's alone\n"))
        for words in [["ports"], ["doctor", "--profile", "other", "--user", "\(Host.payloadUser)"]] {
            let text = try host.plain(words).output
            #expect(text.contains("user ID \(Host.payloadUser)"), "\(text)")
        }
    }

    @Test func `what one profile uses up is there for another`() throws {
        let host = try Host(.root)
        // F_SETPIPE_SZ is 1031; the kernel counts the pages of pipes for each user, and in no namespace (pipe(7)).
        let greedy = """
            import ctypes, fcntl, os, sys, time
            libc = ctypes.CDLL(None)
            while libc.inotify_init1(0) >= 0: pass
            pipes = []
            try:
                while True:
                    pipes.append(os.pipe())
                    fcntl.fcntl(pipes[-1][0], 1031, 1 << 20)
            except PermissionError: pass
            print("exhausted", flush=True)
            sys.stdin.read()
            """
        var options = Host.Options()
        try Files.set("\(host.root)/state", mode: 0o755)
        let fifo = "\(host.root)/output/fifo"
        #expect(mkfifo(fifo, 0o666) == 0)
        options.setup.environment["LANG"] = "C.UTF-8"
        options.wrapper = ["sh", "-c", "exec \"$@\" <> \(fifo)", "sh"]
        let first = try host.background(["--profile", "main", "--", "/usr/bin/python3", "-c", greedy], options)
        try first.waitForOutput("exhausted")
        let end = try start(host, "rescue", ["\(host.stage.probe)", "A01"])
        let outcomes = try ProbeRun.outcomes(end)
        #expect(outcomes[ProbeRun.Key(id: "A01", act: "make an inotify instance")] == "OK")
        let pipe = "import fcntl, os; print(fcntl.fcntl(os.pipe()[0], 1031, 1 << 20))"
        let large = try start(host, "rescue", ["/usr/bin/python3", "-c", pipe])
        #expect(large.output == "1048576\n", "\(large.errors)")
    }

    @Test func `only root can give a user ID`() throws {
        let host = try Host(.unprivileged)
        let end = try host.plain([
            "--profile", "p", "--identity", "own", "--port", "\(host.basePort)", "--", "echo", "ran",
        ])
        #expect(end.code == 2)
        #expect(end.output.isEmpty)
        #expect(end.errors.contains("only root"))
        try host.writeProfile(keys: "\"identity\": \"user\"")
        #expect(try host.plain(["--profile", "p", "--", "echo", "ran"]).output == "ran\n")
    }

    @Test func `a payload that stays root is not held to a number of processes, and that is given up by name`() throws {
        let host = try Host(.root)
        try Files.makeDirectory("\(host.root)/root", mode: 0o700)
        let more = ["--allow-root", "--state-dir", "\(host.root)/root"]
        let end = try start(host, "p", ["echo", "ran"], more)
        #expect(end.code == 69)
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("\"process-limit\"") == true)
        let given = try start(host, "p", ["id", "-u"], more + ["--allow-degraded=process-limit"])
        #expect(given.output == "0\n", "\(given.errors)")
    }

    @Test func `a profile that says nothing of where its files are is refused`() throws {
        let host = try Host(.root)
        let file = try host.writeProfile()
        let end = try start(host, "p", ["echo", "ran"])
        #expect(end.code == 78)
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("\(file) names neither a \"stateDirectory\" nor a \"user\"") == true)
        try host.writeProfile(keys: "\"stateDirectory\": \"\(state(host, "p"))\"")
        #expect(try start(host, "p", ["echo", "ran"]).output == "ran\n")
    }

    @Test func `root's own files are given to no payload`() throws {
        let host = try Host(.root)
        let end = try start(host, "p", ["echo", "ran"], ["--user", "0", "--identity", "own"])
        #expect(end.code == 2)
        #expect(end.output.isEmpty)
        #expect(end.errors.contains("name an unprivileged user"))
    }
}
