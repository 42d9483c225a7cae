import Foundation
import JSON
import Testing

/// `mazelclaw dashboard`.
@Suite struct DashboardCommandTests {
    private let command: BuiltCommand
    private let port: UInt16
    private let display = ["DISPLAY": ":0"]

    init() async throws {
        (command, port) = try await BuiltCommand.withEcho()
    }

    private func run(
        _ arguments: String..., environment: [String: String] = [:]
    ) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile, "dashboard"] + arguments, environment: environment)
    }

    private func serving(_ body: () async throws -> Void) async throws {
        let end = try await command.gateway("--profile", command.profile, "gateway") { _ in try await body() }
        #expect(end.code == 0, "\(end.errors)")
    }

    /// What the gateway answers a page that shows the secret in `url`.
    private func open(_ url: String) async throws -> JSON? {
        let client = try await WebSocketClient(
            port: port, headers: ["Origin: http://127.0.0.1:\(port)"])
        _ = try await client.nonce()
        let secret = url.components(separatedBy: "#signin=").last
        try client.send(
            ConnectRequest(
                clientID: "webchat-ui", mode: "webchat", scopes: ["operator.read", "operator.write"], token: secret
            ).json)
        return try await client.frame()
    }

    @Test func `it prints a link, which signs in once, and leaves no trace of it`() async throws {
        try await serving {
            let result = try await run(environment: display)
            #expect(result.code == 0, "\(result.errors)")
            #expect(result.errors.isEmpty)
            let lines = result.output.components(separatedBy: "\n")
            #expect(lines[0].wholeMatch(of: try Regex("http://127\\.0\\.0\\.1:\(port)/#signin=[0-9a-f]{64}")) != nil)
            #expect(!result.output.contains("ssh"))
            #expect(!result.output.contains(TestInstance.token))
            try await #expect(open(lines[0])?["ok"] == true)
            try await #expect(open(lines[0])?["ok"] == false)
            let log = try await command.run("--profile", command.profile, "logs", "--limit", "5000")
            #expect(!log.output.contains(lines[0].suffix(64)))
            try await #expect(!run(environment: display).output.contains(lines[0]))
        }
    }

    @Test func `where there is no display it says how to bring the port over`() async throws {
        try await serving {
            let came = ["SSH_CONNECTION": "192.0.2.7 50022 198.51.100.4 22", "LOGNAME": "ada"]
            let far = try await run(environment: came)
            #expect(far.output.contains("\n    ssh -L \(port):127.0.0.1:\(port) -N ada@198.51.100.4\n"))
            let other = try await run(environment: [
                "SSH_CONNECTION": "2001:db8::7 50022 2001:db8::4 2222", "SUDO_USER": "ada", "LOGNAME": "root",
            ])
            #expect(other.output.contains("-N -p 2222 ada@2001:db8::4\n"), "\(other.output)")
            // Nothing that a shell would take for more than a word.
            let strange = try await run(environment: ["LOGNAME": "-oProxyCommand=x", "USER": "a;b"])
            #expect(strange.output.contains("ssh -L \(port):127.0.0.1:\(port) -N "))
            #expect(!strange.output.contains("Proxy") && !strange.output.contains(";b"))
            try await #expect(!run(environment: ["WAYLAND_DISPLAY": "wayland-0"]).output.contains("ssh"))
        }
    }

    @Test func `for programs it prints JSON and nothing else`() async throws {
        try await serving {
            let result = try await run("--json", environment: ["LOGNAME": "ada", "DISPLAY": ""])
            #expect(result.errors.isEmpty)
            let json = try JSON(parsing: Array(result.output.utf8))
            #expect(json["ssh"]?.string?.hasPrefix("ssh -L \(port):127.0.0.1:\(port) -N ada@") == true)
            #expect(json["certificateSha256"] == .null)
            let life = (json["expiresAtMs"]?.integer ?? 0) - Int64(Date().timeIntervalSince1970 * 1000)
            #expect((1...300_000).contains(life))
            try await #expect(open(json["url"]?.string ?? "")?["ok"] == true)
            let display = try JSON(parsing: Array(try await run("--json", environment: display).output.utf8))
            #expect(display["ssh"] == .null)
        }
    }

    @Test func `with TLS the link is one for TLS, and the certificate is named`() async throws {
        let set = try await command.run("--profile", command.profile, "config", "set", "gateway.tls.enabled", "true")
        try #require(set.code == 0, "\(set.errors)")
        try await serving {
            let json = try JSON(parsing: Array(try await run("--json").output.utf8))
            #expect(json["url"]?.string?.hasPrefix("https://127.0.0.1:\(port)/#signin=") == true)
            let fingerprint = try #require(json["certificateSha256"]?.string)
            #expect(fingerprint.utf8.count == 95)
            try await #expect(run().output.contains("Its SHA-256 is \(fingerprint)."))
        }
    }

    @Test func `without a gateway it says so, and prints nothing`() async throws {
        for arguments in [[], ["--json"]] {
            let result = try await command.run(["--profile", command.profile, "dashboard"] + arguments)
            #expect(result.code == 1)
            #expect(result.output.isEmpty)
            #expect(result.errors.contains("no gateway answers on 127.0.0.1 port \(port)"))
        }
        let unknown = try await run("--open")
        #expect(unknown.code == 2)
    }

    @Test func `what no gateway would answer is not shown`() async throws {
        let answers: [JSON] = [
            ["path": "/", "fragment": "signin=\u{1B}[2J", "expiresAtMs": 1],
            ["path": "//evil.example/", "fragment": "signin=ab", "expiresAtMs": 1],
            ["path": "/@evil.example/", "fragment": "signin=ab", "expiresAtMs": 1],
            ["path": "/", "fragment": "other=ab", "expiresAtMs": 1], [:],
        ]
        for answer in answers {
            let impostor = try Impostor(port: port, answering: answer)
            defer { impostor.close() }
            let result = try await run()
            #expect(result.code == 1)
            #expect(result.output.isEmpty)
            #expect(result.errors.contains("the gateway's answer is no link"), "\(result.errors)")
        }
    }
}
