import Enforcement
import Policy
import Testing

/// The launcher's command line: every option, each kind of value that is none, and what belongs to the payload.
@Suite struct ArgumentsTests {
    private func parse(_ words: String...) throws(Arguments.Fault) -> Arguments {
        try Arguments(words.map { ByteString($0) })
    }

    private func path(_ text: String) throws -> AbsolutePath { try #require(AbsolutePath(text)) }

    private func fault(_ words: [String]) -> String? {
        do throws(Arguments.Fault) {
            _ = try Arguments(words.map { ByteString($0) })
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `without words the default profile's gateway is started`() throws {
        let arguments = try parse()
        #expect(arguments.action == .start)
        #expect(arguments.options == LaunchOptions(profile: .default))
        #expect(!arguments.isProfileGiven && !arguments.isJSON && !arguments.follows && !arguments.showsAll)
        #expect(arguments.operands.isEmpty && arguments.words.isEmpty)
    }

    @Test func `each option of a start is a value of its own`() throws {
        let arguments = try parse(
            "--profile", "rescue", "--port", "19789", "--policy", "tool", "--user", "ada:7", "--identity", "own",
            "--state-dir", "/srv/state", "--workspace", "/srv/work", "--workspace-overlay", "256m", "--bind", "/srv/a",
            "--bind-ro", "/srv/b:/b", "--env", "TZ=UTC", "--env", "EMPTY=", "--status-fd", "3", "--allow-degraded",
            "broker,limits", "--allow-degraded", "proc", "--allow-root", "--interactive")
        var options = LaunchOptions(profile: try #require(ProfileName("rescue")))
        options.overrides.basePort = 19789
        options.overrides.policy = "tool"
        options.overrides.user = "ada:7"
        options.overrides.identity = .own
        options.overrides.stateDirectory = try path("/srv/state")
        options.overrides.workspace = try path("/srv/work")
        options.overrides.workspaceOverlay = 256 << 20
        options.overrides.binds = [
            BindMount(source: try path("/srv/a"), destination: try path("/srv/a"), isWritable: true),
            BindMount(source: try path("/srv/b"), destination: try path("/b"), isWritable: false),
        ]
        options.overrides.environment = [("TZ", "UTC"), ("EMPTY", "")]
            .compactMap { EnvironmentVariable(name: $0.0, value: $0.1) }
        options.start.statusDescriptor = 3
        options.start.degradations = [.broker, .limits, .proc]
        options.start.allowsRoot = true
        options.start.isInteractive = true
        #expect(arguments.options == options)
        #expect(arguments.isProfileGiven)
        #expect(arguments.statusDescriptor == 3)
    }

    @Test func `a value may follow an equals sign, and hold more of them`() throws {
        let arguments = try parse("--profile=rescue", "--env=A=b=c", "--bind=/x=y:/z")
        #expect(arguments.options.profile.text == "rescue")
        #expect(arguments.options.overrides.environment.map(\.value) == ["b=c"])
        #expect(arguments.options.overrides.binds.map(\.source.text) == ["/x=y"])
        // The next word is a value whatever it looks like.
        #expect(try parse("--policy", "--json").options.overrides.policy == "--json")
    }

    @Test func `the last of two values counts, and lists go on`() throws {
        let arguments = try parse("--port", "19789", "--port", "20000", "--bind", "/a", "--bind", "/b")
        #expect(arguments.options.overrides.basePort == 20000)
        #expect(arguments.options.overrides.binds.map(\.source.text) == ["/a", "/b"])
    }

    @Test func `what follows two dashes is the payload's, byte by byte`() throws {
        let words = ["--port", "20000", "--", "sh", "--port", "1", "--", "\u{e9}"].map { ByteString($0) }
        let raw = ByteString(bytes: [0xFF, 0x20])
        let arguments = try Arguments(words + [raw])
        #expect(arguments.options.start.command == Array(words[3...]) + [raw])
        #expect(arguments.options.overrides.basePort == 20000)
    }

    @Test(arguments: Arguments.Action.allCases)
    func `a command is the first word`(action: Arguments.Action) throws {
        guard action != .start else {
            #expect(fault(["start"])?.hasPrefix("the command \"start\" goes first") == true)
            return
        }
        #expect(try parse(action.rawValue).action == action)
        #expect(action.concernsServiceManager == (action == .explain))
        // Behind an option it comes too late, and the launcher says so.
        guard action != .probe else { return }
        #expect(
            fault(["--allow-root", action.rawValue])
                == "the command \"\(action.rawValue)\" goes first: mazelclaw-run \(action.rawValue)")
    }

    @Test(arguments: ["--help", "-h", "--manual", "--version"])
    func `help is given wherever it is asked for`(word: String) throws {
        let actions: [String: Arguments.Action] = ["--manual": .manual, "--version": .version]
        for words in [[word], ["doctor", word], ["--allow-root", word]] {
            #expect(try Arguments(words.map { ByteString($0) }).action == actions[word] ?? .help)
        }
    }

    @Test func `some options are one command's alone`() throws {
        #expect(try parse("denials", "--follow").follows)
        #expect(try parse("ports", "--all").showsAll)
        #expect(try parse("unit", "--scope", "system").unitScope == .system)
        #expect(try parse("unit", "--check", "x.service").checkedFile == "x.service")
        #expect(try parse("wrapper", "--output", "x").outputFile == "x")
        #expect(try parse("verify", "--junit").format == .junit)
        #expect(try parse("explain", "--json").isJSON)
        #expect(try parse("explain", "--interactive").options.start.isInteractive)
        #expect(try parse("why", "port", "80/udp").operands == ["port", "80/udp"])
        #expect(try parse("matrix", "main", "rescue", "--json").operands == ["main", "rescue"])
    }

    @Test(arguments: [
        ["--follow"], ["ports", "--follow"], ["--all"], ["denials", "--all"], ["--scope", "user"], ["--check", "x"],
        ["--output", "x"], ["--junit"], ["explain", "--junit"], ["doctor", "--interactive"],
        ["wrapper", "--status-fd", "3"], ["wrapper", "--json"], ["verify", "x"], ["why", "--nothing"],
        ["matrix", "main=x"],
    ])
    func `an option of another command is unknown, and so is a word where none is taken`(words: [String]) {
        #expect(fault(words) != nil)
    }

    @Test func `a wrapper is handed the options as they were given, without profile and file`() throws {
        let arguments = try parse(
            "wrapper", "--profile", "rescue", "--port=20000", "--output=x", "--env", "A=b c", "--output", "y",
            "--profile=main", "--", "sh")
        #expect(arguments.words == ["--port=20000", "--env", "A=b c"])
        #expect(arguments.options.profile.text == "main")
        #expect(arguments.outputFile == "y")
        #expect(try parse("explain", "--port", "20000").words.isEmpty)
    }

    @Test(
        arguments: [
            (["--profile", "a/b"], "\"a/b\" is no profile name"),
            (["--port", "1023"], "--port 1023: expected a base port from 1024 to 65425"),
            (["--port", "65426"], "--port 65426: expected"), (["--port", "x"], "--port x: expected"),
            (["--port", "-1"], "--port -1: expected"),
            (["--identity", "root"], "--identity root: expected own or user"),
            (["unit", "--scope", "root"], "--scope root: expected user or system"),
            (["--state-dir", "x"], "--state-dir x: expected an absolute path"),
            (["--state-dir", "/a/../b"], "--state-dir /a/../b: expected an absolute path"),
            (["--workspace", ""], "--workspace : expected an absolute path"),
            (["--workspace-overlay", "256"], nil),
            (["--workspace-overlay", "256q"], "--workspace-overlay 256q: expected"),
            (["--workspace-overlay", "-1m"], "--workspace-overlay -1m: expected"),
            (["--workspace-overlay", "99999999999999999999g"], "--workspace-overlay 99999999999999999999g: expected"),
            (["--bind", "x"], "\"x\": expected SOURCE or SOURCE:DESTINATION"),
            (["--bind", "/a:"], "\"/a:\": expected"),
            (["--bind", ":/a"], "\":/a\": expected"), (["--bind-ro", "/a:/b:/c"], "\"/a:/b:/c\": expected"),
            (["--env", "A"], "--env A: expected NAME=VALUE"), (["--env", "=x"], "--env =x: expected NAME=VALUE"),
            (["--env", "MAZELCLAW_PROFILE=x"], "--env MAZELCLAW_PROFILE: the launcher sets MAZELCLAW_* itself"),
            (["--status-fd", "0"], "--status-fd 0: expected the number"),
            (["--status-fd", "x"], "--status-fd x: expected"),
            (["--status-fd", "99999999999"], "--status-fd 99999999999: expected"),
            (["--allow-degraded", "brokers"], "--allow-degraded brokers: expected some of"),
            (["--allow-root=yes"], "--allow-root takes no value"), (["--help=x"], "--help takes no value"),
            (["--port"], "--port needs a value"), (["--profile"], "--profile needs a value"),
            (["--"], "a command must follow \"--\""), (["--port", "--"], "a command must follow \"--\""),
            (["--prot", "1"], "unknown option --prot; did you mean --port?"),
            (["--xyzzy"], "unknown option --xyzzy"), (["-x"], "unknown option -x"),
            (["doktor"], "\"doktor\" is no command of mazelclaw-run; did you mean \"doctor\"?"),
            (["sleep", "1"], "\"sleep\" is no command of mazelclaw-run; a program to run goes after \"--\""),
            ([""], "\"\" is no command of mazelclaw-run"),
        ] as [([String], String?)])
    func `what is wrong is said with its word, and what was expected`(words: [String], beginning: String?) {
        let message = fault(words)
        guard let beginning else {
            #expect(message == nil)
            return
        }
        #expect(message?.hasPrefix(beginning) == true, "\(message ?? "nothing is wrong")")
    }

    @Test(arguments: [[0xFF], [0x2D, 0x2D, 0xC0, 0x80], [0xED, 0xA0, 0x80], [0x61, 0xF5]] as [[UInt8]])
    func `a word of the launcher's own must be UTF-8`(bytes: [UInt8]) {
        #expect(throws: Arguments.Fault.self) { try Arguments([ByteString(bytes: bytes)]) }
    }
}
