import Foundation
import JSON
import Policy
import Testing

@testable import Gateway

/// Says numbers in the session `key`, many at a time, from the one after `acknowledged` to `limit` or the connection's
/// end. What was said before and not acknowledged is said again, under the same key. Returns the last number that was
/// acknowledged. `enter` hears when the first may be said.
private func count(
    in key: String, after acknowledged: Int, to limit: Int, port: UInt16, enter: AsyncStream<Void>.Continuation
) async throws -> Int {
    let client = try await WebSocketClient(port: port)
    try await client.enter(ConnectRequest())
    enter.yield()
    var (said, acknowledged) = (acknowledged, acknowledged)
    while acknowledged < limit {
        while said < limit, said - acknowledged < 20 {
            said += 1
            try client.send([
                "type": "req", "id": .string("\(said)"), "method": "chat.send",
                "params": [
                    "sessionKey": .string(key), "message": .string("number \(said)"),
                    "idempotencyKey": .string("\(key)-\(said)"),
                ],
            ])
        }
        guard let frame = try await client.frame() else { break }
        guard frame["type"] == "res", let number = frame["id"]?.string.flatMap({ Int($0) }) else { continue }
        // One that was cut off in an earlier round is kept, and answered with how it ended.
        let isKept = frame["ok"] == true || frame["error"]?["details"]?["runId"] != nil
        try #require(isKept, "\(frame.text())")
        // They are kept in the order in which they were said.
        acknowledged = max(acknowledged, number)
    }
    return acknowledged
}

@Test func `kill -9 at any moment loses no message that was acknowledged, doubles none and keeps their order`()
    async throws
{
    let (command, port) = try await BuiltCommand.withEcho(
        agents: #"[{"id": "main"}, {"id": "echo", "model": "tool"}]"#)
    let keys = ["agent:main:a", "agent:echo:b"]
    var acknowledged = [0, 0]
    for round in 1...12 {
        _ = try await command.gateway("--profile", command.profile, "gateway", signal: SIGKILL) { process in
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            let before = acknowledged
            async let first = count(in: keys[0], after: before[0], to: round * 500, port: port, enter: enter)
            async let second = count(in: keys[1], after: before[1], to: round * 500, port: port, enter: enter)
            var waiting = 2
            for await _ in entered {
                waiting -= 1
                if waiting == 0 { break }
            }
            try await Task.sleep(for: .microseconds(Int64.random(in: 0...60_000)))
            kill(process.processIdentifier, SIGKILL)
            acknowledged = try await [first, second]
        }
    }
    try #require(acknowledged.allSatisfy { $0 > 0 })
    let state = try #require(AbsolutePath("\(command.home)/.mazelclaw-\(command.profile)"))
    let database = try InstanceDatabase(stateDirectory: state, checkLimit: .max)
    for (key, acknowledged) in zip(keys, acknowledged) {
        let said = try await database.read { transaction in
            let entry = try SessionKey(stored: key).flatMap(transaction.sessions.find)
            return try transaction.transcripts.page(entry?.sessionID ?? "", limit: .max)
                .filter { $0.role == "user" }.map(\.text)
        }
        #expect(said.count >= acknowledged, "\(key)")
        #expect(said == (0..<said.count).map { "number \($0 + 1)" }, "\(key)")
    }
    try database.close()
    let found = try await command.run("--profile", command.profile, "sessions", "search", "number 1")
    #expect(found.code == 0)
    #expect(found.output.contains("agent:main:a  user: [number] [1]"))
    // The next start ends what was cut off.
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let client = try await WebSocketClient(port: port)
        try await client.enter(ConnectRequest())
        let wait = try await client.call(
            "agent.wait", ["runId": .string("\(keys[0])-\(acknowledged[0])"), "timeoutMs": 0])
        #expect(["ok", "error"].contains(wait?["payload"]?["status"]?.string))
    }
}
