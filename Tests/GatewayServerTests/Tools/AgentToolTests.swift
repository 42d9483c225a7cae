import Foundation
import JSON
import Policy
import Synchronization
import Testing
import Tools

@testable import Configuration
@testable import Gateway

/// The tools that touch files or run programs, with the built helper.
@Suite struct AgentToolTests {
    private static var cage: ToolCage {
        get throws {
            let stage = ProcessInfo.processInfo.environment["MAZELCLAW_STAGE"] ?? ".build/stage"
            let helper = URL(filePath: "\(stage)/bin/mazelclaw-tool").standardized.path
            return ToolCage(helper: try #require(AbsolutePath(helper)))
        }
    }

    /// An instance whose agent `main` may run commands, if `security` says so.
    private static func instance(security: String = "full", tools: JSONObject = [:]) throws -> TestInstance {
        var section: JSONObject = ["exec": ["security": .string(security)]]
        for member in tools.members { section[member.name] = member.value }
        return try .withEndpoints(more: ["tools": .object(section)])
    }

    /// Serves a gateway of `instance` with tools while `body` uses it.
    private static func serving(_ instance: TestInstance, _ body: (TestInstance) async throws -> Void) async throws {
        let gateway = try Gateway(
            configuration: instance.configuration, toolCage: cage, logger: TestInstance.quietLogger)
        try await instance.serve(gateway) { _ in try await body(instance) }
    }

    /// What the tool `name` says, whether it failed or not.
    private static func call(_ name: String, _ arguments: JSON, _ instance: TestInstance) async throws -> (
        isError: Bool, text: String
    ) {
        let answer = try await instance.post("/tools/invoke", ["tool": .string(name), "args": arguments])
        if answer.status == 200 {
            let parts = answer.json?["result"]?["content"]?.array ?? []
            return (false, parts.compactMap { $0["text"]?.string }.joined(separator: "\n"))
        }
        return (true, answer.json?["error"]?["message"]?.string ?? answer.body)
    }

    /// Makes sure that the tool `name` says `text`, and whether it fails.
    private static func expect(
        _ name: String, _ arguments: JSON, _ instance: TestInstance, _ isError: Bool, _ text: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let said = try await call(name, arguments, instance)
        #expect(said.isError == isError, "\(said.text)", sourceLocation: sourceLocation)
        #expect(said.text == text, sourceLocation: sourceLocation)
    }

    // MARK: Files

    @Test func `an agent writes, reads, edits and finds files of its workspace`() async throws {
        try await Self.serving(Self.instance()) { instance in
            try await Self.expect(
                "write", ["path": "src/a.txt", "content": "one\ntwo\nthree\n"], instance, false,
                "Made src/a.txt, 14 bytes.")
            #expect(
                try String(contentsOfFile: instance.workspaceFile("src/a.txt"), encoding: .utf8) == "one\ntwo\nthree\n")
            try await Self.expect("read", ["path": "src/a.txt"], instance, false, "one\ntwo\nthree")
            try await Self.expect(
                "read", ["path": "src/a.txt", "offset": 2, "limit": 1.0], instance, false,
                "two\n[lines 2 to 2 of 3; go on with offset 3]")
            try await Self.expect(
                "edit", ["file_path": "src/a.txt", "old_string": "two", "new_string": "2"], instance, false,
                "Changed src/a.txt in line 2.")
            try await Self.expect("grep", ["pattern": "^2$|\\d", "path": "src"], instance, false, "a.txt:2: 2\n")
            try await Self.expect("find", ["pattern": "**/*.txt"], instance, false, "src/a.txt")
            try await Self.expect("ls", ["path": "src"], instance, false, "a.txt")
            let patch =
                "*** Begin Patch\n*** Add File: b.txt\n+new\n*** Update File: src/a.txt\n@@\n one\n-2\n+zwei\n*** End Patch"
            try await Self.expect(
                "apply_patch", ["input": .string(patch)], instance, false,
                "The patch was applied.\nA b.txt\nM src/a.txt")
            #expect(
                try String(contentsOfFile: instance.workspaceFile("src/a.txt"), encoding: .utf8) == "one\nzwei\nthree\n"
            )
        }
    }

    @Test func `what cannot be done is told in words that a model can use`() async throws {
        try await Self.serving(Self.instance()) { instance in
            _ = try await Self.call("write", ["path": "a", "content": "x x"], instance)
            for (tool, arguments, words) in [
                ("read", ["path": "none"], "there is no such file"), ("read", ["path": "."], "list it with ls"),
                ("read", [:], "\"path\" must be a string"), ("read", ["path": "a", "offset": 9], "none number 9"),
                ("edit", ["path": "a", "oldText": "y", "newText": "z"], "read the file again"),
                ("edit", ["path": "a", "oldText": "x", "newText": "z"], "2 times"),
                ("grep", ["pattern": "("], "no regular expression"), ("apply_patch", ["input": "x"], "*** Begin Patch"),
            ] as [(String, JSON, String)] {
                let (isError, text) = try await Self.call(tool, arguments, instance)
                #expect(isError && text.contains(words), "\(tool): \(text)")
            }
            #expect(try String(contentsOfFile: instance.workspaceFile("a"), encoding: .utf8) == "x x")
        }
    }

    @Test func `the state of the gateway is out of reach of every tool`() async throws {
        try await Self.serving(Self.instance()) { instance in
            let state = instance.configuration.instance.stateDirectory.value
            let file = "\(state)/mazelclaw.json"
            let before = try String(contentsOfFile: file, encoding: .utf8)
            for (tool, arguments) in [
                ("read", ["path": .string(file)]), ("grep", ["pattern": "token", "path": .string(file)]),
                ("ls", ["path": .string(state.text)]), ("find", ["pattern": "*", "path": .string(state.text)]),
                ("write", ["path": .string(file), "content": ""]),
                ("edit", ["path": .string(file), "oldText": "token", "newText": ""]),
                ("apply_patch", ["input": .string("*** Begin Patch\n*** Delete File: \(file)\n*** End Patch")]),
                ("exec", ["command": .string("cat \(file) || ls \(state)")]),
                ("exec", ["command": .string("ln -s \(file) link; cat link")]),
            ] as [(String, JSON)] {
                let (isError, text) = try await Self.call(tool, arguments, instance)
                let isDenied =
                    text.contains("not permitted") || text.contains("Permission denied") || text == "(no output)"
                #expect(isError || tool == "grep", "\(tool): \(text)")
                #expect(isDenied || tool == "grep", "\(tool): \(text)")
                #expect(!text.contains(TestInstance.token))
            }
            #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
        }
    }

    @Test func `a picture is shown as one, and a binary file is only told of`() async throws {
        let instance = try Self.instance()
        try await Self.serving(instance) { instance in
            let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 1, 2]
            try Data(png).write(to: URL(filePath: instance.workspaceFile("a.png")))
            try Data([1, 0, 2]).write(to: URL(filePath: instance.workspaceFile("a.bin")))
            let answer = try await instance.post("/tools/invoke", ["tool": "read", "args": ["path": "a.png"]])
            let part = answer.json?["result"]?["content"]?.array?.last
            #expect(part?["mimeType"]?.string == "image/png")
            #expect(part?["data"]?.string == Data(png).base64EncodedString())
            try await #expect(Self.call("read", ["path": "a.bin"], instance).text.contains("binary file of 3 bytes"))
        }
    }

    // MARK: Commands

    @Test(arguments: ["deny", "allowlist"])
    func `no command runs unless the configuration permits all`(security: String) async throws {
        try await Self.serving(Self.instance(security: security)) { instance in
            let (isError, text) = try await Self.call("exec", ["command": "touch made"], instance)
            #expect(isError)
            #expect(text.contains("No command was run") && text.contains("Use read"), "\(text)")
            #expect(!FileManager.default.fileExists(atPath: instance.workspaceFile("made")))
        }
    }

    @Test func `a command runs in the workspace, and says how it ended`() async throws {
        try await Self.serving(Self.instance()) { instance in
            try await Self.expect("exec", ["command": "echo out; echo err >&2"], instance, false, "out\nerr")
            try await #expect(
                Self.call("exec", ["command": "pwd"], instance) == (
                    false, instance.configuration.workspace.value.text
                ))
            try await Self.expect("exec", ["command": "mkdir d"], instance, false, "(no output)")
            try await Self.expect("exec", ["command": "basename $PWD", "workdir": "d"], instance, false, "d")
            try await Self.expect("exec", ["command": "exit 3"], instance, true, "[it exited with code 3]")
            try await Self.expect("exec", ["command": "kill -9 $$"], instance, true, "[signal 9 ended it]")
            try await Self.expect("exec", ["command": "echo $A", "env": ["A": "b c"]], instance, false, "b c")
            for arguments in [
                ["command": "true", "env": ["LD_PRELOAD": "x.so"]], ["command": "true", "env": ["PATH": "."]],
                ["command": "true", "workdir": ".."], ["command": "true", "workdir": "/etc"], ["command": " "],
            ] as [JSON] {
                try await #expect(Self.call("exec", arguments, instance).isError, "\(arguments.text())")
            }
        }
    }

    @Test func `a command that takes too long is ended with all it has started`() async throws {
        try await Self.serving(Self.instance()) { instance in
            let script = "setsid sleep 1000 & echo $! > pid; echo begun; sleep 1000"
            let (isError, text) = try await Self.call("exec", ["command": .string(script), "timeout": 2], instance)
            #expect(isError && text.hasPrefix("begun\n") && text.contains("2 seconds"), "\(text)")
            let pid = try #require(
                pid_t(
                    try String(contentsOfFile: instance.workspaceFile("pid"), encoding: .utf8).trimmingCharacters(
                        in: .newlines)))
            #expect(kill(pid, 0) == -1)
        }
    }

    @Test func `of long output the beginning and the end are told, and it is told while it comes`() async throws {
        let instance = try Self.instance()
        let agents = Current(AgentDirectory(instance.configuration, environment: [:]))
        agents.value.prepareWorkspaces(logger: TestInstance.quietLogger)
        let tool = ExecTool(
            commands: BackgroundCommands(cage: try Self.cage, tasks: TaskSet()), agents: agents,
            configuration: Current(instance.configuration))
        let told = Mutex<[String]>([])
        let context = ToolContext(callID: "1", agentID: "main", sessionKey: "main") { output in
            let isFirst = told.withLock { told in
                told.append(output.text)
                return told.count == 1
            }
            if isFirst { _ = FileManager.default.createFile(atPath: instance.workspaceFile("heard"), contents: nil) }
        }
        let output = try await tool.call(
            ["command": "echo first; until [ -e heard ]; do sleep 0.05; done; seq 100000; echo last"], in: context)
        #expect(output.text.hasPrefix("first\n1\n2\n"))
        #expect(output.text.hasSuffix("\n100000\nlast"))
        #expect(output.text.contains("bytes left out here]"))
        #expect(output.text.utf8.count < 70 << 10)
        #expect(told.withLock { $0.first } == "first\n")
    }

    @Test func `a call that is cut off leaves nothing running`() async throws {
        let instance = try Self.instance()
        let agents = Current(AgentDirectory(instance.configuration, environment: [:]))
        agents.value.prepareWorkspaces(logger: TestInstance.quietLogger)
        let tool = ExecTool(
            commands: BackgroundCommands(cage: try Self.cage, tasks: TaskSet()), agents: agents,
            configuration: Current(instance.configuration))
        let (started, continuation) = AsyncStream.makeStream(of: String.self)
        let context = ToolContext(callID: "1", agentID: "main", sessionKey: "main") { continuation.yield($0.text) }
        let call = Task {
            try await tool.call(["command": "setsid sleep 1000 & echo $!; exec sleep 1000"], in: context)
        }
        var pid: pid_t?
        for await text in started {
            pid = pid_t(text.trimmingCharacters(in: .newlines))
            break
        }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(kill(try #require(pid), 0) == -1)
    }

    @Test func `a command in the background is asked, written to and ended`() async throws {
        try await Self.serving(Self.instance()) { instance in
            let begun = try await Self.call(
                "exec",
                ["command": "echo begun; while read line; do echo heard $line; done; echo over", "background": true],
                instance)
            let id = try #require(begun.text.firstMatch(of: /session (\w+)/)?.1)
            let session: JSON = .string(String(id))
            func poll() async throws -> String {
                try await Self.call("process", ["action": "poll", "sessionId": session], instance).text
            }
            var heard = ""
            _ = try await Self.call("process", ["action": "write", "sessionId": session, "data": "one\n"], instance)
            while !heard.contains("heard one") { heard += try await poll() }
            try await #expect(Self.call("process", ["action": "list"], instance).text.contains("\(id) running"))
            let last: JSON = ["action": "write", "sessionId": session, "data": "two\n", "eof": true]
            _ = try await Self.call("process", last, instance)
            while !heard.contains("over") { heard += try await poll() }
            #expect(heard.contains("heard two"))
            let log = try await Self.call("process", ["action": "log", "sessionId": session], instance).text
            #expect(log.hasPrefix("begun\nheard one\nheard two\nover"), "\(log)")
            // Whoever has asked for all there is of it, and hears of the end, may still wait a moment for that.
            while try await Self.call("process", ["action": "remove", "sessionId": session], instance).isError {}
            try await #expect(Self.call("process", ["action": "list"], instance).text == "There are none.")
        }
    }

    @Test func `a command in the background is killed with all it has started, and ends with the gateway`() async throws
    {
        var pids: [pid_t] = []
        try await Self.serving(Self.instance()) { instance in
            for index in 0..<2 {
                let begun = try await Self.call(
                    "exec", ["command": "setsid sleep 1000 & echo pid $! ; exec sleep 1000", "yieldMs": 1], instance)
                let id = try #require(begun.text.firstMatch(of: /session (\w+)/)?.1)
                var log = ""
                while !log.contains("pid ") {
                    log = try await Self.call("process", ["action": "log", "sessionId": .string(String(id))], instance)
                        .text
                }
                pids.append(try #require(log.firstMatch(of: /pid (\d+)/).flatMap { pid_t($0.1) }))
                if index == 0 {
                    _ = try await Self.call("process", ["action": "kill", "sessionId": .string(String(id))], instance)
                    #expect(kill(pids[0], 0) == -1)
                }
            }
            #expect(kill(pids[1], 0) == 0)
        }
        #expect(kill(pids[1], 0) == -1)
    }

    // MARK: Which

    @Test func `the endpoint has the tools that the configuration permits, and no others`() async throws {
        let instance = try Self.instance(tools: ["profile": "coding", "deny": ["group:runtime", "w*"]])
        try await Self.serving(instance) { instance in
            for (tool, status) in [("exec", 404), ("write", 404), ("agents_list", 404), ("ls", 200)] {
                let answer = try await instance.post("/tools/invoke", ["tool": .string(tool), "args": [:]])
                #expect(answer.status == status, "\(tool): \(answer.body)")
            }
        }
    }
}
