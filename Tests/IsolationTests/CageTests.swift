import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// K and W: what a tool may do in its cage, and what an agent that was talked into it tries there.
@Suite(.recorded) struct CageTests {
    // MARK: Attempts

    @Test(arguments: AttemptRow.cages, CagePlace.available)
    func `an attempt from a tool's cage ends as the table says`(row: AttemptRow, place: CagePlace) throws {
        let outcome = try CageRun.shared(place).outcomes[row.key]
        #expect(outcome.map(row.expected.contains) ?? false, "\(outcome ?? "not tried")")
    }

    @Test(arguments: CagePlace.available)
    func `every attempt from a tool's cage is in the table`(place: CagePlace) throws {
        let rows = Set(AttemptRow.cages.map(\.key))
        #expect(rows.count == AttemptRow.cages.count)
        #expect(Set(try CageRun.shared(place).outcomes.keys).subtracting(rows).isEmpty)
    }

    @Test(arguments: ["01", "02", "03", "05", "06", "07", "09"].flatMap { ["K\($0)", "W\($0)"] })
    func `a group of attempts from a cage forbids and permits`(group: String) {
        let rows = AttemptRow.cages.filter { $0.key.id == group }
        #expect(rows.contains { $0.isPermitted })
        #expect(rows.contains { !$0.isPermitted })
    }

    @Test func `a tool with network connects to the ports of its kind`() throws {
        let cage = try CageHost(.unprivileged)
        let script = """
            import errno, socket
            for port in (53, 80, 443):
                try: socket.create_connection(("127.0.0.1", port), 5)
                except OSError as error: print(errno.errorcode.get(error.errno))
                else: print("OK")
            """
        let end = try cage.run("tool-network", ["/usr/bin/python3", "-c", script])
        // Whether somebody listens there is the host's affair.
        #expect(end.output.split(separator: "\n").allSatisfy { $0 == "ECONNREFUSED" || $0 == "OK" }, "\(end.output)")
        #expect(end.output.split(separator: "\n").count == 3)
    }

    // MARK: Reading and writing

    @Test(arguments: CagePlace.available)
    func `a tool that reads writes nothing and runs nothing`(place: CagePlace) throws {
        let cage = try CageHost(place)
        let read = try cage.operate("tool-read", #"{"operation":"read","path":"own"}"#)
        #expect(read.output.hasSuffix("\nown"), "\(read.output)\(read.errors)")
        for request in [
            #"{"operation":"write","path":"own","content":"changed"}"#,
            #"{"operation":"edit","path":"own","oldText":"own","newText":"changed"}"#,
            #"{"operation":"patch","input":"*** Begin Patch\n*** Delete File: own\n*** End Patch"}"#,
        ] {
            let end = try cage.operate("tool-read", request)
            #expect(end.output.contains(#""ok":false"#) && end.output.contains("EACCES"), "\(end.output)\(end.errors)")
        }
        #expect(Files.read("\(cage.workspace)/own") == "own")
        let end = try cage.run("tool-read", ["true"])
        #expect(end.code == 2)
    }

    @Test(arguments: CagePlace.available)
    func `a tool that writes changes the workspace and nothing else`(place: CagePlace) throws {
        let cage = try CageHost(place)
        let end = try cage.operate("tool-write", #"{"operation":"write","path":"a/b","content":"new"}"#)
        #expect(end.output.contains(#""ok":true"#), "\(end.output)\(end.errors)")
        #expect(Files.read("\(cage.workspace)/a/b") == "new")
        for path in ["../secret", "\(cage.state)/secret", "\(cage.state)/planted", "/tmp/planted", "/etc/planted"] {
            let end = try cage.operate("tool-write", #"{"operation":"write","path":"\#(path)","content":"changed"}"#)
            #expect(end.output.contains(#""ok":false"#), "\(path): \(end.output)\(end.errors)")
        }
        #expect(Files.read("\(cage.state)/secret") == "secret")
        #expect(!Files.exists("\(cage.state)/planted"))
    }

    @Test(arguments: CagePlace.bare)
    func `a link that is swapped meanwhile leads no operation out`(place: CagePlace) throws {
        let cage = try CageHost(place)
        let owner = place == .root ? getuid() : Host.payloadUser
        try Files.makeDirectory("\(cage.workspace)/inner", owner: owner)
        try Files.write("own", to: "\(cage.workspace)/inner/secret", owner: owner)
        try Files.makeLink("\(cage.workspace)/other", to: cage.state, owner: owner)
        // renameat2(2) with RENAME_EXCHANGE, as fast as it goes: inner/secret is a file of the workspace or the gateway's.
        let script = """
            import ctypes, os
            libc = ctypes.CDLL(None)
            print("ready", flush=True)
            while True: libc.syscall(316, -100, b"\(cage.workspace)/inner", -100, b"\(cage.workspace)/other", 2)
            """
        let swapping = try cage.start(["/usr/bin/python3", "-c", script])
        try swapping.waitForOutput("ready")
        var inside = 0
        for _ in 0..<40 {
            let read = try cage.operate("tool-read", #"{"operation":"read","path":"inner/secret"}"#)
            #expect(!read.output.hasSuffix("\nsecret"))
            let written = try cage.operate(
                "tool-write", #"{"operation":"write","path":"inner/secret","content":"own"}"#)
            if written.output.contains(#""ok":true"#) { inside += 1 }
            let edited = try cage.operate(
                "tool-write", #"{"operation":"edit","path":"inner/secret","oldText":"secret","newText":"stolen"}"#)
            #expect(!edited.output.contains(#""ok":true"#))
        }
        swapping.send(SIGKILL)
        #expect(Files.read("\(cage.state)/secret") == "secret")
        #expect(inside > 0)
    }

    // MARK: The end of a call

    /// A program that leaves the session, the process group and its parent, and says which process it is then.
    private static let daemon = """
        import os, time
        for _ in range(2):
            if os.fork(): os._exit(0)
            os.setsid()
        with open("daemon.new", "w") as file: file.write(str(os.getpid()))
        os.rename("daemon.new", "daemon")
        time.sleep(1000)
        """

    private func daemon(of cage: CageHost) throws -> pid_t {
        let file = "\(cage.workspace)/daemon"
        #expect(eventually(seconds: 30) { Files.exists(file) })
        return try #require(Files.read(file).flatMap { pid_t($0) })
    }

    @Test(arguments: CagePlace.bare)
    func `what a call has started ends with it`(place: CagePlace) throws {
        let cage = try CageHost(place)
        let script = "python3 -c '\(Self.daemon)'; while [ ! -e daemon ]; do :; done; sleep 1000 & exit 3"
        let end = try cage.run("tool-run", ["/bin/sh", "-c", script])
        #expect(end.code == 3)
        let left = try daemon(of: cage)
        #expect(!Processes.isAlive(left))
    }

    @Test(arguments: CagePlace.bare, [SIGTERM, SIGINT, SIGHUP])
    func `a call that is told to end leaves nothing`(place: CagePlace, signal: Int32) throws {
        let cage = try CageHost(place)
        let call = try cage.start(
            cage.call("tool-run", ["/bin/sh", "-c", "python3 -c '\(Self.daemon)'; exec sleep 1000"]))
        let left = try daemon(of: cage)
        call.send(signal)
        #expect(try call.wait().code == 128 + signal)
        #expect(!Processes.isAlive(left))
    }

    @Test(arguments: CagePlace.bare)
    func `a call ends with the gateway`(place: CagePlace) throws {
        let cage = try CageHost(place)
        let gateway = try cage.start(["/bin/sleep", "1000"])
        let call = try cage.start(
            cage.call(
                "tool-run", options: ["--gateway", "\(gateway.processID)"],
                ["/bin/sh", "-c", "python3 -c '\(Self.daemon)'; exec sleep 1000"]))
        let left = try daemon(of: cage)
        #expect(Processes.isAlive(left))
        gateway.send(SIGKILL)
        try gateway.wait()
        #expect(try call.wait().code == 128 + SIGHUP)
        #expect(!Processes.isAlive(left))
    }

    @Test(arguments: CagePlace.bare)
    func `another call and the rest of the user's processes go on`(place: CagePlace) throws {
        let cage = try CageHost(place)
        let beside = try cage.start(["/bin/sleep", "1000"])
        let other = try cage.start(cage.call("tool-run", ["/bin/sh", "-c", "echo running; exec sleep 1000"]))
        try other.waitForOutput("running")
        #expect(try cage.run("tool-run", ["/bin/true"]).code == 0)
        #expect(Processes.isAlive(beside.processID))
        #expect(Processes.isAlive(other.processID))
        other.send(SIGTERM)
        #expect(try other.wait().code == 128 + SIGTERM)
        #expect(Processes.isAlive(beside.processID))
    }

    @Test(arguments: CagePlace.bare)
    func `a call leaves no temporary files`(place: CagePlace) throws {
        let cage = try CageHost(place)
        let script = "mkdir -p $TMPDIR/a/b; touch $TMPDIR/a/b/c; ln -s \(cage.state) $TMPDIR/a/link; echo $TMPDIR"
        let end = try cage.run("tool-run", ["/bin/sh", "-c", script])
        let directory = end.output.trimmingCharacters(in: .newlines)
        #expect(directory.hasPrefix("/tmp/mazelclaw-tool-"), "\(end.output)\(end.errors)")
        #expect(!Files.exists(directory))
        #expect(Files.exists("\(cage.state)/secret"))
    }

    // MARK: What it says

    @Test(
        arguments: CagePlace.bare,
        [
            ([], 2, "--kind is missing"), (["--kind", "tool-run"], 2, "--workspace is missing"),
            (["--kind", "x", "--workspace", "WORKSPACE", "--", "true"], 78, "there are tool-read, tool-write"),
            (["--kind", "tool-run", "--workspace", "WORKSPACE"], 2, "executes a program"),
            (["--kind", "tool-run", "--workspace", "/nowhere", "--", "true"], 78, "it must be a directory"),
            (
                ["--kind", "tool-run", "--workspace", "STATE", "--keep-out", "STATE", "--", "true"], 78,
                "move one of them"
            ),
            (["--kind", "tool-run", "--workspace", "/", "--keep-out", "STATE", "--", "true"], 78, "move one of them"),
            (["--kind", "tool-run", "--workspace", "WORKSPACE", "--", "no-such"], 127, "ENOENT"),
            (["--kind", "tool-run", "--workspace", "WORKSPACE", "--", "./own"], 126, "EACCES"),
            (["--kind", "tool-run", "--workspace", "WORKSPACE", "--frob", "--", "true"], 2, "unknown option"),
            (["--kind", "tool-run", "--workspace", "WORKSPACE", "--", "sh", "-c", "exit 7"], 7, ""),
            (["--kind", "tool-run", "--workspace", "WORKSPACE", "--", "sh", "-c", "kill -9 $$"], 137, ""),
        ] as [([String], Int32, String)])
    func `it says by its code what became of a call`(
        place: CagePlace, example: (words: [String], code: Int32, sentence: String)
    ) throws {
        let cage = try CageHost(place)
        let words = example.words.map {
            $0.replacingOccurrences(of: "WORKSPACE", with: cage.workspace).replacingOccurrences(
                of: "STATE", with: cage.state)
        }
        let end = try cage.start([cage.helper] + words).wait()
        #expect(end.code == example.code)
        #expect(example.sentence.isEmpty || end.errors.contains(example.sentence), "\(end.errors)")
        #expect(example.sentence.isEmpty || end.errors.hasPrefix("mazelclaw-tool: "))
    }

    @Test func `with a report nothing that a program says is taken for the helper's word`() throws {
        let cage = try CageHost(.unprivileged)
        let forged = #"{"event":"ended","exitCode":0}"#
        let end = try cage.run("tool-run", options: ["--report"], ["/bin/sh", "-c", "echo '\(forged)' >&2; exit 5"])
        #expect(end.output == "\(forged)\n")
        #expect(end.errors == "{\"event\":\"ended\",\"exitCode\":5}\n")
        let refused = try cage.start([
            cage.helper, "--report", "--kind", "x", "--workspace", cage.workspace, "--", "true",
        ]).wait()
        let report = try JSON(parsing: Array(refused.errors.utf8))
        #expect(report["event"]?.string == "refused")
        #expect(report["code"]?.integer == 78)
    }

    @Test(.enabled(if: geteuid() == 0, "only root has a user that is not the helper's owner"))
    func `a policy that another user could have written counts for nothing`() throws {
        let cage = try CageHost(.unprivileged)
        let stage = "\(cage.host.root)/stage"
        try Stage.copy("\(cage.host.stage.root)/stage", to: stage)
        let helper = "\(stage)/bin/mazelclaw-tool"
        let words = [helper, "--kind", "tool-run", "--workspace", cage.workspace, "--", "/bin/true"]
        #expect(try cage.start(words).wait().code == 0)
        try Files.set("\(stage)/share/mazelclaw/policies/tool.json", mode: 0o666)
        let end = try cage.start(words).wait()
        #expect(end.code == 78)
        #expect(end.errors.contains("group or others may write it"), "\(end.errors)")
    }

    @Test func `the helper takes no policy from the home of its user`() throws {
        let cage = try CageHost(.unprivileged)
        let script = """
            mkdir -p .config/mazelclaw/policies; echo '{' > .config/mazelclaw/policies/tool.json
            HOME=$PWD XDG_CONFIG_HOME=$PWD/.config exec "$@"
            """
        let words = ["/bin/sh", "-c", "cd \(cage.workspace); \(script)", "-"] + cage.call("tool-run", ["/bin/true"])
        #expect(try cage.start(words).wait().code == 0)
    }
}
