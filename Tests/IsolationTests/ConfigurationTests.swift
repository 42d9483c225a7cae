import Foundation
import Glibc
import JSON
import Testing

/// C: command line, profile files and policy files.
@Suite(.recorded) struct ConfigurationTests {
    @Test(arguments: Starting.available)
    func `who may read a new profile is not for the umask to say`(starting: Starting) throws {
        for (mask, name) in [("077", "p"), ("000", "q")] {
            let host = try Host(starting)
            var options = Host.Options(profile: name, wrapper: ["sh", "-c", "umask \(mask); exec \"$@\"", "sh"])
            options.port = host.basePort
            #expect(try host.run(["true"], options).code == 0)
            #expect(Files.mode(of: host.configuration + "/profiles") == 0o755)
            // The host's own profiles are for every user to see; a user's own are nobody else's.
            #expect(
                Files.mode(of: host.configuration + "/profiles/\(name).json") == (starting == .root ? 0o644 : 0o600)
            )
        }
    }

    // MARK: The command line

    @Test(arguments: [
        (["--profil", "p"], "--profile"), (["--bind-r", "/usr"], "--bind-ro"), (["doctr"], "doctor"),
        (["--status-df", "3"], "--status-fd"), (["explan"], "explain"),
    ])
    func `a word that is none is refused with a suggestion`(words: [String], suggestion: String) throws {
        let host = try Host(.unprivileged)
        let end = try host.plain(words)
        #expect(end.code == 2)
        #expect(end.errors.contains("did you mean"))
        #expect(end.errors.contains(suggestion))
        #expect(end.errors.contains(words[0]))
        #expect(end.output.isEmpty)
    }

    @Test func `a command after options is told to go first`() throws {
        let end = try Host(.unprivileged).plain(["--profile", "p", "explain"])
        #expect(end.code == 2)
        #expect(end.errors.contains("the command \"explain\" goes first"), "\(end.errors)")
    }

    @Test(arguments: [
        ["--profile"], ["--port"], ["--bind"], ["--env"], ["--status-fd"], ["--user"], ["--"], ["--xyzzy-quux"],
        ["--port", "80"], ["--port", "65426"], ["--port", "70000"], ["--port", "-1"], ["--port", "x"], ["--port", ""],
        ["--state-dir", "relative"], ["--state-dir", "/a/../b"], ["--bind", "relative"], ["--bind", "/a:/b:/c"],
        ["--env", "NAME"], ["--env", "=x"], ["--status-fd", "0"], ["--status-fd", "x"], ["--status-fd", "99"],
        ["--json=yes"], ["--allow-degraded", "everything"], ["run", "--profile", "p"], ["--allow-root=1"],
    ])
    func `a command line that is wrong is refused in one sentence`(words: [String]) throws {
        let host = try Host(.unprivileged)
        let end = try host.plain(words + (words == ["--"] ? [] : ["--", "true"]))
        // A value that is missing takes the next word, or finds none.
        #expect(end.code == 2)
        #expect(end.errors.split(separator: "\n").count == 1)
        #expect(end.sentences.count == 1)
        #expect(Files.listing(host.root + "/config").isEmpty)
    }

    @Test(arguments: [
        "../x", "", String(repeating: "a", count: 65), String(repeating: "a", count: 300), "a\nb", "a/b", ".", "..",
        "-rf", "_x", "a b", "%i",
        "m\u{0430}in",
        "ｍain", "a\u{0301}", "a.b", "~", "$(id)", "a;b", "\u{1B}[2J",
    ])
    func `a profile name that breaks the rule is refused, and cannot move the cursor`(name: String) throws {
        let host = try Host(.unprivileged)
        for words in [["--profile", name], ["--profile=\(name)"]] {
            let end = try host.plain(words + ["--state-dir", host.stateDirectory(), "--", "true"])
            #expect(end.code == 2)
            #expect(end.sentences.count == 1)
            #expect(!end.errors.contains("\u{1B}"))
            #expect(end.errors.split(separator: "\n").count == 1)
        }
        #expect(Files.listing(host.root + "/config").isEmpty)
        #expect(Files.listing(host.home).isEmpty)
    }

    @Test func `a profile name that is not UTF-8 is refused`() throws {
        let host = try Host(.unprivileged)
        var options = Host.Options()
        options.wrapper = ["sh", "-c", "exec \"$0\" --profile \"$(printf 'a\\377')\" -- true"]
        #expect(try host.plain([], options).code == 2)
    }

    @Test(arguments: Starting.available, ["a", "A1", "a-b_c", String(repeating: "z", count: 64), "node", "gateway"])
    func `a profile name that keeps the rule starts`(starting: Starting, name: String) throws {
        let host = try Host(starting)
        let end = try host.run(["sh", "-c", "echo $MAZELCLAW_PROFILE"], Host.Options(profile: name))
        #expect(end.output == "\(name)\n")
        #expect(Files.exists("\(host.configuration)/profiles/\(name).json"))
    }

    @Test(arguments: Starting.available)
    func `a name that differs only in case is refused and names the existing one`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"], Host.Options(profile: "first")).code == 0)
        let end = try host.run(["true"], Host.Options(profile: "First", port: host.secondPort))
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains("\"first\"") == true)
        #expect(!Files.exists("\(host.configuration)/profiles/First.json"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root is asked for a user"))
    func `root that wants a user names one, and refuses root as one`() throws {
        let host = try Host(.root)
        let state = ["--profile", "p", "--state-dir", host.stateDirectory()]
        let end = try host.plain(state + ["--identity", "user", "--", "touch", "\(host.home)/ran"])
        #expect(end.code == 2)
        #expect(end.errors.contains("--user"))
        #expect(try host.plain(state + ["--user", "0", "--", "true"]).code == 2)
        #expect(try host.plain(state + ["--user", "root", "--", "true"]).code == 2)
        #expect(try host.plain(state + ["--user", "no-such-user", "--", "true"]).code == 2)
        #expect(!Files.exists("\(host.home)/ran"))
    }

    @Test func `nobody but root can choose another user`() throws {
        let host = try Host(.unprivileged)
        let end = try host.plain([
            "--profile", "p", "--user", "61235:61235", "--state-dir", host.stateDirectory(), "--", "true",
        ])
        #expect(end.code == 2)
        #expect(end.errors.contains("only root"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a set-user-ID file of root's"))
    func `a set-user-ID launcher refuses to run`() throws {
        let host = try Host(.unprivileged)
        let copy = "\(host.root)/launcher"
        // Copied by another process: a child that some other test makes meanwhile would inherit the open file,
        // and a file open for writing cannot be executed (ETXTBSY, execve(2)).
        let copying = ["cp", host.stage.launcher, copy].map { Array($0.utf8) }
        #expect(try Running(copying, files: "\(host.root)/output", Running.Setup()).wait().code == 0)
        try Files.set(copy, mode: 0o4755)
        let command = Host.becomingUser + [copy, "--profile", "p", "--", "true"]
        let end = try Running(command.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup()).wait()
        #expect(end.code == 2)
        #expect(end.errors.contains("set-user-ID"))
    }

    /// Whether there is a cgroup to divide depends on who started the tests. Where there is one, Tests/Hosts/limits.py
    /// shows what holds in it.
    @Test(arguments: Starting.available)
    func `limits that cannot be held are refused, and given up by name`(starting: Starting) throws {
        let host = try Host(starting)
        // It makes the state directory, without which nothing can be planned.
        #expect(try host.run(["echo", "ran"]).output == "ran\n")
        try host.writeProfile(keys: "\"limits\": {\"memory\": \"1g\", \"tasks\": 64}")
        let plan = try host.command(["explain"]).output
        #expect(
            plan.contains(
                "supervisor: cgroup memory.max=1073741824 memory.swap.max=0 memory.oom.group=1 pids.max=64  # "))
        let doctor = try JSON(parsing: host.command(["doctor", "--json"]).outputBytes)
        let check = doctor["checks"]?.array?.first { $0["name"]?.string == "cgroup delegation" }
        #expect(check?["required"]?.bool == true)
        let end = try host.run(["echo", "ran"])
        if check?["held"]?.bool == false {
            #expect(end.code == 69)
            #expect(end.output.isEmpty)
            #expect(end.sentences.last?.contains("the guarantee \"limits\": step \"cgroup memory.max=") == true)
            #expect(end.sentences.last?.contains("--allow-degraded=limits") == true)
        } else {
            #expect(end.output == "ran\n")
        }
        var options = Host.Options()
        options.more = ["--allow-degraded", "limits"]
        #expect(try host.run(["echo", "ran"], options).output == "ran\n")
    }

    @Test(arguments: Starting.available)
    func `a start with no limit on memory says so, and one whose limit is given up says that`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        let warning = "profile \"p\" has no limit on memory"
        let end = try host.run(["true"])
        let doctor = try JSON(parsing: host.command(["doctor", "--json"]).outputBytes)
        let check = doctor["checks"]?.array?.first { $0["name"]?.string == "memory limit" }
        #expect(check?["held"]?.bool == !end.errors.contains(warning))
        var options = Host.Options()
        options.more = ["--allow-degraded", "limits"]
        #expect(try !host.run(["true"], options).errors.contains(warning))
    }

    @Test(
        arguments: Starting.available,
        ["landlock", "landlock-net", "landlock-scope", "broker", "own-inodes", "limits", "proc"])
    func `what is given up by name is shown by explain, at the start, in the log and inside`(
        starting: Starting, name: String
    ) throws {
        let host = try Host(starting)
        // Without its name nothing is given up.
        #expect(try host.run(["sh", "-c", "echo ${MAZELCLAW_DEGRADED-nothing}"]).output == "nothing\n")
        #expect(try JSON(parsing: host.command(["explain", "--json"]).outputBytes)["degraded"]?.array == [])
        var options = Host.Options()
        options.more = ["--allow-degraded", name]
        let plan = try JSON(parsing: host.command(["explain", "--json"], options).outputBytes)
        #expect(plan["degraded"]?.array?.compactMap(\.string) == [name])
        #expect(try host.command(["explain"], options).output.contains("degraded, as asked: \(name)"))
        let status = host.status(&options)
        let end = try host.run(["sh", "-c", "echo $MAZELCLAW_DEGRADED"], options)
        #expect(end.output == "\(name)\n")
        #expect(end.sentences.contains { $0.contains("degraded, as asked: \(name)") })
        for file in [status, "\(host.root)/state/mazelclaw/audit/p.jsonl"] {
            for event in ["plan", "proof"] {
                let told = try Host.events(file).last { $0["event"]?.string == event }
                #expect(told?["degraded"]?.array?.compactMap(\.string) == [name], "\(event) in \(file)")
            }
        }
        // And by status, as long as it runs.
        options = Host.Options()
        options.more = ["--allow-degraded", name]
        let running = try host.start(["sh", "-c", "echo ready; exec sleep 1000"], options)
        try running.waitForOutput("ready")
        var setup = Running.Setup()
        setup.environment = host.environment
        let identity = starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        let words = identity + [host.stage.gateway, "--profile", "p", "status", "--timeout", "50"]
        let shown = try Running(words.map { Array($0.utf8) }, files: "\(host.root)/output", setup).wait()
        #expect(shown.output.contains("degraded, as asked: \(name); "), "\(shown.output)\(shown.errors)")
        running.send(SIGTERM)
        try running.wait()
    }

    // MARK: Profile files

    private func profile(_ host: Host, _ text: String, mode: UInt32 = 0o600, owner: UInt32? = nil) throws -> String {
        let directory = "\(host.configuration)/profiles"
        let user = host.starting == .root ? 0 : Host.payloadUser
        for path in [host.configuration, directory] { try Files.makeDirectory(path, owner: user) }
        try Files.write(text, to: "\(directory)/p.json", mode: mode, owner: owner ?? user)
        return "\(directory)/p.json"
    }

    @Test(
        arguments: Starting.available,
        [
            ("{\n  \"basePort\": 20000,\n  \"polcy\": \"gateway\"\n}", ":3:", "policy"),
            ("{\n  \"basePort\": \"20000\"\n}", ":2:", "whole number"), ("{\n  \"basePort\": 80\n}", ":2:", "1024"),
            ("{ \"policy\": \"gateway\" }", "", "basePort"), ("{\n\"basePort\": 20000,\n}", ":3:", "double quotes"),
            ("", ":1:", "too early"),
            ("{ \"basePort\": 20000, \"bind\": \"everywhere\" }", ":1:", "loopback"),
            ("{ \"basePort\": 20000, \"basePort\": 21000 }", ":1:", "twice"),
            ("{ \"basePort\": 20000, \"stateDirectory\": \"../x\" }", ":1:", "absolute"),
        ])
    func `a profile file with a fault is refused with its place`(
        starting: Starting, fault: (text: String, place: String, word: String)
    ) throws {
        let host = try Host(starting)
        let file = try profile(host, fault.text)
        let end = try host.run(["touch", "\(host.home)/ran"])
        #expect(end.code == 78)
        let sentence = try #require(end.sentences.last)
        #expect(sentence.contains(file + fault.place))
        #expect(sentence.contains(fault.word))
        #expect(!Files.exists("\(host.home)/ran"))
    }

    @Test(arguments: Starting.available, [0o620, 0o602, 0o666] as [UInt32])
    func `a profile file that others may write is refused`(starting: Starting, mode: UInt32) throws {
        let host = try Host(starting)
        let file = try profile(host, "{ \"basePort\": \(host.basePort) }", mode: mode)
        let end = try host.run(["true"])
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains(file) == true)
        #expect(end.sentences.last?.contains("may write it") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a file of another user"), arguments: Starting.available)
    func `a profile file of another user is refused`(starting: Starting) throws {
        let host = try Host(starting)
        // As root not even the payload's user counts: it would decide what it may do.
        let owner = starting == .root ? Host.payloadUser : 61299
        _ = try profile(host, "{ \"basePort\": \(host.basePort) }", mode: 0o644, owner: owner)
        let end = try host.run(["true"])
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains("belongs to user \(owner)") == true)
    }

    @Test(arguments: Starting.available)
    func `a profile file decides, and the state directory does not`(starting: Starting) throws {
        let host = try Host(starting)
        let state = "\(host.home)/elsewhere"
        _ = try profile(
            host,
            "{ \"basePort\": \(host.basePort), \"stateDirectory\": \"\(state)\", \"environment\": {\"A\": \"b\"} }")
        try Files.makeDirectory(state, mode: 0o700, owner: Host.payloadUser)
        try Files.write(
            "{ basePort: 1, gateway: { port: 22222 } }", to: "\(state)/mazelclaw.json", owner: Host.payloadUser)
        let words =
            ["--profile", "p"] + host.userOption + [
                "--", "sh", "-c", "echo $MAZELCLAW_GATEWAY_PORT $A $MAZELCLAW_STATE_DIR",
            ]
        let end = try host.plain(words)
        #expect(end.output == "\(host.basePort) b \(state)\n")
    }

    // MARK: Policy files

    @Test(
        arguments: Starting.available,
        [
            ("gateway.json", "\"hostname\"", "\"hostnam\"", "hostname"),
            ("gateway.json", "\"nestedUserNamespaces\": 0", "\"nestedUserNamespaces\": -1", "whole number"),
            ("gateway.json", "\"signal\"]", "\"signals\"]", "signal"),
            ("gateway.json", "\"RLIMIT_NPROC\"", "\"RLIMIT_NPROCS\"", "RLIMIT_NPROC"),
            ("gateway.json", "\"noNewPrivileges\": true", "\"noNewPrivileges\": false", "noNewPrivileges"),
            ("gateway.json", "\"nofail\"]", "\"nofial\"]", "nofail"),
            ("gateway.json", "\"gateway.seccomp.json\"", "\"../gateway.seccomp.json\"", "seccomp"),
            ("gateway.seccomp.json", "\"epoll_create\"", "\"epol_create\"", "epol_create"),
            ("gateway.seccomp.json", "SCMP_ACT_ERRNO", "SCMP_ACT_ERNO", "SCMP_ACT_ERRNO"),
            ("gateway.seccomp.json", "\"defaultAction\"", "\"archMap\"", "archMap"),
        ])
    func `a policy file with a fault is refused with its place`(
        starting: Starting, fault: (file: String, old: String, new: String, word: String)
    ) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--policy", try host.policy(fault.file, replacing: fault.old, with: fault.new)]
        let end = try host.run(["touch", "\(host.home)/ran"], options)
        #expect(end.code == 78)
        let sentence = try #require(end.sentences.last)
        #expect(sentence.contains("\(host.root)/policies/\(fault.file)"))
        #expect(sentence.contains(fault.word))
        #expect(!Files.exists("\(host.home)/ran"))
    }

    @Test(arguments: Starting.available, ["gateway.json", "gateway.seccomp.json"])
    func `a policy file that others may write is refused`(starting: Starting, file: String) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--policy", try host.policy(file, replacing: "comment", with: "comment", mode: 0o664)]
        let end = try host.run(["true"], options)
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains("\(host.root)/policies/\(file)") == true)
    }

    @Test(arguments: Starting.available)
    func `a policy that is changed takes effect, whatever was cached`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let python = "import os; print(os.uname().nodename)"
        options.more = ["--policy", try host.policy("gateway.json", replacing: "\"mazelclaw\"", with: "\"other\"")]
        #expect(try host.run(["/usr/bin/python3", "-c", python], options).output == "other-p\n")
        let chmod = "import os; os.mkdir('d'); os.chmod('d', 0o700)"
        options.wrapper = []
        let script = "cd $MAZELCLAW_STATE_DIR && rm -rf d && exec python3 -c \"\(chmod)\""
        #expect(try host.run(["sh", "-c", script], options).code == 0)
        options.more = [
            "--policy",
            try host.policy("gateway.seccomp.json", replacing: "\"chdir\", \"chmod\",", with: "\"chdir\","),
        ]
        let end = try host.run(["sh", "-c", script], options)
        #expect(end.code == 1)
        #expect(end.errors.contains("Errno 38"))
    }

    @Test func `a policy that does not exist is refused with the places looked at`() throws {
        let host = try Host(.unprivileged)
        var options = Host.Options()
        options.more = ["--policy", "nowhere"]
        let end = try host.run(["true"], options)
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains("\(host.configuration)/policies/nowhere.json") == true)
        #expect(end.sentences.last?.contains("\(host.stage.policies)/nowhere.json") == true)
    }
}
