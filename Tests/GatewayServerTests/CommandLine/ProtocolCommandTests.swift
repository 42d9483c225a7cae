import Foundation
import JSON
import Testing

@testable import Gateway

/// Commands that sign in to the gateway that runs.
@Suite struct ProtocolCommandTests {
    private func json(_ result: BuiltCommand.Result) throws -> JSON { try JSON(parsing: Array(result.output.utf8)) }

    @Test func `what runs says how it is, who answers and by which model`() async throws {
        let (command, port) = try await BuiltCommand.withEcho(agents: #"[{"id": "main", "model": "tool/small"}]"#)
        let profile = command.profile
        let down = try await command.run("--profile", profile, "health")
        #expect(down.code == 1)
        #expect(down.errors.contains("127.0.0.1 port \(port)"))
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            let health = try await command.run("--profile", profile, "health")
            #expect(health.code == 0)
            #expect(health.output == "\(profile): takes clients; agents: main; sessions: 0\n")
            for words in [["health", "--json"], ["gateway", "health", "--json"], ["gateway", "call", "health"]] {
                #expect(try await json(command.run(["--profile", profile] + words))["ok"] == true)
            }
            #expect(try await command.run("--profile", profile, "gateway", "status").output.contains("\(profile): up"))
            #expect(
                try await command.run("--profile", profile, "agents").output == "main  answers when none is named\n")
            #expect(try await command.run("--profile", profile, "models").output == "tool/small\n")
            #expect(try await command.run("--profile", profile, "devices").output == "No devices.\n")
            #expect(try await command.run("--profile", profile, "nodes").output == "No nodes.\n")
        }
    }

    @Test func `a method is called with its parameters, and refused in its own words`() async throws {
        let (command, _) = try await BuiltCommand.withEcho()
        let profile = command.profile
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            let list = try await command.run(
                "--profile", profile, "gateway", "call", "sessions.list", "--params", #"{"limit": 1}"#)
            #expect(try json(list)["count"] == 0)
            let unknown = try await command.run("--profile", profile, "gateway", "call", "no.such")
            #expect(unknown.code == 1)
            #expect(unknown.errors.contains("unknown method: no.such"))
            for text in ["{", "[]", "1"] {
                let wrong = try await command.run(
                    "--profile", profile, "gateway", "call", "health", "--params", text)
                #expect(wrong.code == 2)
            }
        }
    }

    @Test func `a device is listed, gets another token, and loses it`() async throws {
        let (command, port) = try await BuiltCommand.withEcho()
        let profile = command.profile
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            let device = try TestDevice()
            func connect(_ token: String) async throws -> JSON? {
                let client = try await WebSocketClient(port: port)
                var request = ConnectRequest()
                request.token = token
                request.device = try device.proof(
                    nonce: try await client.nonce(), signedAt: Int64(Date().timeIntervalSince1970 * 1000), token: token)
                try client.send(request.json)
                return try await client.frame()
            }
            let first = try await connect(TestInstance.token)
            try #require(first?["ok"] == true)
            let old = try #require(first?["payload"]?["auth"]?["deviceToken"]?.string)
            let list = try await command.run("--profile", profile, "devices", "list")
            #expect(list.output.hasPrefix("let in  \(device.id)  as operator"))

            let new = try await command.run("--profile", profile, "devices", "rotate", device.id)
            #expect(new.code == 0)
            let token = new.output.trimmingCharacters(in: .newlines)
            #expect(token != old)
            #expect(try await connect(old)?["ok"] == false)
            #expect(try await connect(token)?["ok"] == true)
            let revoked = try await command.run("--profile", profile, "devices", "revoke", device.id)
            #expect(revoked.output == "Revoked the token of \(device.id) as operator\n")
            #expect(try await connect(token)?["ok"] == false)

            let none = try await command.run("--profile", profile, "devices", "approve", "no-such-request")
            #expect(none.code == 1)
            #expect(none.errors.contains("unknown requestId"))
        }
    }

    @Test func `a device that asks from afar is let in, or turned away`() async throws {
        let (command, port) = try await BuiltCommand.withEcho()
        let profile = command.profile
        // So that what a client says of itself counts: as a proxy on this host would tell it.
        let proxies = try await command.run(
            "--profile", profile, "config", "set", "gateway.trustedProxies", #"["127.0.0.1"]"#)
        #expect(proxies.code == 0, "\(proxies.errors)")
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            func connect(_ device: TestDevice) async throws -> JSON? {
                let client = try await WebSocketClient(port: port, headers: ["X-Forwarded-For: 192.0.2.7"])
                var request = ConnectRequest()
                request.device = try device.proof(
                    nonce: try await client.nonce(), signedAt: Int64(Date().timeIntervalSince1970 * 1000))
                try client.send(request.json)
                return try await client.frame()
            }
            func requests() async throws -> [String] {
                let list = try await command.run("--profile", profile, "devices", "list", "--json")
                let pending = try JSON(parsing: Array(list.output.utf8))["pending"]?.array ?? []
                return pending.compactMap { $0["requestId"]?.string }
            }
            let device = try TestDevice(seed: 20)
            #expect(try await connect(device)?["error"]?["code"] == "NOT_PAIRED")
            let asked = try await requests()
            try #require(asked.count == 1)
            let shown = try await command.run("--profile", profile, "devices", "list")
            #expect(shown.output.contains(asked[0]) && shown.output.contains(device.id))
            let rejected = try await command.run("--profile", profile, "devices", "reject", asked[0])
            #expect(rejected.code == 0, "\(rejected.errors)")
            #expect(try await connect(device)?["error"]?["code"] == "NOT_PAIRED")
            let again = try await requests()
            try #require(again.count == 1 && again != asked)
            let approved = try await command.run("--profile", profile, "devices", "approve", again[0])
            #expect(approved.output == "Let in \(device.id)\n")
            #expect(try await connect(device)?["ok"] == true)
            #expect(try await requests() == [])
        }
    }
}
