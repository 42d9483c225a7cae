import Foundation
import JSON
import Testing

/// The configuration of a running gateway changes: by the command line, by hand, by signals.
@Suite struct ReloadCommandTests {
    private let command: BuiltCommand
    private let file: String
    private let port: UInt16

    init() async throws {
        command = try BuiltCommand()
        file = ".mazelclaw-\(command.profile)/mazelclaw.json"
        port = try Port.free()
        _ = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
        try command.write(text(), to: file)
    }

    private func text(restart: Bool = true) -> String {
        """
        {
          // By hand.
          gateway: { mode: 'local', auth: { token: '\(TestInstance.token)' }, reload: { debounceMs: 10 } },
          commands: { restart: \(restart) },
        }

        """
    }

    private func run(_ arguments: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + arguments)
    }

    private func gateway(
        signal: Int32 = SIGTERM, wrapper: [String] = [], _ body: (ChildProcess) async throws -> Void
    ) async throws -> BuiltCommand.Result {
        try await command.gateway(
            "--profile", command.profile, "gateway", signal: signal, wrapper: wrapper, body)
    }

    /// A client that came in with `token`; nil when it was turned away.
    private func client(token: String = TestInstance.token) async throws -> WebSocketClient? {
        guard Port.isListening(port), case let client = try await WebSocketClient(port: port), client.isUpgraded else {
            return nil
        }
        _ = try await client.nonce()
        try client.send(ConnectRequest(token: token).json)
        return try await client.frame()?["ok"] == true ? client : nil
    }

    private func scope() async throws -> JSON? {
        try await client()?.call("agents.list")?["payload"]?["scope"]
    }

    @Test func `what can be is taken over while it runs, and the rest by a start within the process`() async throws {
        let end = try await gateway { process in
            let hot = try await run("config", "set", "session.scope", "global")
            #expect(hot.output == "Updated session.scope. A running gateway takes it over.\n")
            try await #expect(eventually { try await scope() == "global" })
            let client = try #require(try await client())
            let token = try await run("config", "set", "gateway.auth.token", "another-token")
            #expect(token.output == "Updated gateway.auth.token. A running gateway restarts to apply it.\n")
            let farewell = try await client.event("shutdown")
            #expect(farewell?["reason"] == "gateway restarting")
            #expect(farewell?["restartExpectedMs"] == 1500)
            try await #expect(client.hear() == .closed(code: 1012, reason: "service restart"))
            try await #expect(eventually { try await self.client(token: "another-token") != nil })
            try await #expect(self.client() == nil)
            for (token, status) in [("another-token", 200), (TestInstance.token, 401)] {
                let headers = ["X-Forwarded-For: 203.0.113.7", "Authorization: Bearer \(token)"]
                try await #expect(HTTPAnswer.get(port, "/__mazelclaw__/canvas/", headers: headers).status == status)
            }
            let status = try await run("status")
            #expect(status.output.contains("PID \(process.processIdentifier)"))
            #expect(status.output.contains("\(command.profile): up"))
        }
        #expect(end.code == 0)
        #expect(end.output.components(separatedBy: "listening on").count == 3)
    }

    @Test func `a file that cannot be used is named by status, and changes nothing`() async throws {
        let end = try await gateway { _ in
            try command.write("{ gateway: { mode: 'local', prot: 1 } }", to: file)
            try await #expect(eventually { try await run("status").output.contains("goes on with the last one") })
            let status = try await run("status")
            #expect(status.code == 0)
            #expect(status.output.contains("Unrecognized key: \"prot\""))
            try await #expect(client() != nil)
            try command.write(text(), to: file)
            try await #expect(eventually { try await !run("status").output.contains("goes on with the last one") })
        }
        #expect(end.code == 0)
        #expect(end.errors.contains("Unrecognized key"))
    }

    @Test func `SIGUSR1 starts anew within the process, where that is allowed`() async throws {
        let end = try await gateway { process in
            let client = try #require(try await client())
            kill(process.processIdentifier, SIGUSR1)
            #expect(try await client.event("shutdown")?["restartExpectedMs"] == 1500)
            try await #expect(eventually { try await self.client() != nil })
            #expect(process.isRunning)
        }
        #expect(end.code == 0)
        #expect(end.output.components(separatedBy: "listening on").count == 3)
    }

    @Test func `SIGUSR1 is refused where it is not`() async throws {
        try command.write(text(restart: false), to: file)
        let end = try await gateway { process in
            let client = try #require(try await client())
            kill(process.processIdentifier, SIGUSR1)
            var said: [UInt8] = []
            while !String(decoding: said, as: UTF8.self).contains("commands.restart") {
                let more = await process.errors.next()
                try #require(!more.isEmpty, "it ended without a word about commands.restart")
                said += more
            }
            // The same connection goes on.
            try await #expect(client.call("health")?["ok"] == true)
        }
        #expect(end.code == 0)
        #expect(end.output.components(separatedBy: "listening on").count == 2)
    }

    @Test func `SIGHUP ends it, unless it was ignored from the start`() async throws {
        #expect(try await gateway(signal: SIGHUP) { _ in }.code == 0)
        let end = try await gateway(wrapper: ["nohup"]) { process in
            // The kernel drops a signal that is ignored as it is sent (signal(7)): whoever asks after that asks a gateway that
            // will never hear of it.
            let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
            let ignored = status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last
            #expect(try #require(ignored.flatMap { UInt64($0, radix: 16) }) >> UInt64(SIGHUP - 1) & 1 == 1)
            kill(process.processIdentifier, SIGHUP)
            try await #expect(client() != nil)
        }
        #expect(end.code == 0)
    }

    @Test func `a socket that was passed is served again after a restart`() async throws {
        let script = """
            import os, socket, sys
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", \(port)))
            listener.listen()
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
            os.execv(sys.argv[1], sys.argv[1:])
            """
        let end = try await gateway(wrapper: ["python3", "-c", script]) { process in
            for _ in 1...2 {
                let client = try #require(try await client())
                kill(process.processIdentifier, SIGUSR1)
                _ = try await client.event("shutdown")
                try await #expect(eventually { try await self.client() != nil })
            }
        }
        #expect(end.code == 0)
        #expect(!end.errors.contains("is not used"))
    }

    @Test func `an end that is asked for during a restart is one`() async throws {
        for delay in [0, 5, 20, 60] {
            let end = try await gateway { process in
                kill(process.processIdentifier, SIGUSR1)
                try await Task.sleep(for: .milliseconds(delay))
            }
            #expect(end.code == 0)
        }
    }
}
