import GatewayServer
import JSON
import NIOCore
import Testing

@testable import Gateway
@testable import GatewayProtocol
@testable import Time

private func established(_ instance: TestInstance) async throws -> WebSocketClient {
    let client = try await WebSocketClient(port: instance.port)
    _ = try await client.nonce()
    try client.send(ConnectRequest().json)
    _ = try await client.frame()
    return client
}

private func spaces(_ count: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(ascii: " "), count: count)
}

private func masked(opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0x80 | opcode, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
}

/// A long text message, under a mask that changes nothing.
private func masked(_ payload: [UInt8]) -> [UInt8] {
    let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
    return [0x81, 0xFF] + length + [0, 0, 0, 0] + payload
}

private let health = Array(#"{"type":"req","id":"h","method":"health"}"#.utf8)

@Test func `a message of the largest size is answered, and one byte more closes`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await established(instance)
        client.frame(opcode: 1, spaces(524_288 - health.count) + health)
        try await #expect(client.frame()?["id"] == "h")
        client.frame(opcode: 1, spaces(524_289 - health.count) + health)
        try await #expect(client.hear() == .closed(code: 1009, reason: "message too big"))
    }
}

@Test func `the limit counts a message, not its pieces`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await established(instance)
        client.frame(opcode: 1, spaces(300_000), isFinal: false)
        client.frame(opcode: 0, spaces(300_000), isFinal: false)
        try await #expect(client.hear() == .closed(code: 1009, reason: "message too big"))
    }
}

@Test func `a stranger may send less`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await WebSocketClient(port: instance.port)
        _ = try await client.nonce()
        client.frame(opcode: 1, spaces(65_537))
        try await #expect(client.hear() == .closed(code: 1009, reason: "message too big"))
    }
}

@Test func `requests that come in one piece with a close are answered before it`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await established(instance)
        var bytes: [UInt8] = []
        for id in 1...3 { bytes += masked(opcode: 1, Array(#"{"type":"req","id":"\#(id)","method":"health"}"#.utf8)) }
        client.wire.send(bytes + masked(opcode: 8, [0x03, 0xE8]))
        for id in 1...3 { try await #expect(client.frame()?["id"]?.string == "\(id)") }
        try await #expect(client.hear() == .closed(code: 1000, reason: ""))
        try await #expect(client.hear() == .end)
    }
}

@Test func `a message in pieces, with a ping between, is put together`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await established(instance)
        client.frame(opcode: 1, Array(health.prefix(10)), isFinal: false)
        client.frame(opcode: 9, [1, 2, 3])
        client.frame(opcode: 0, Array(health.dropFirst(10)))
        let pong = try await client.rawFrame()
        #expect(pong?.opcode == 10)
        #expect(pong?.payload == [1, 2, 3])
        try await #expect(client.frame()?["id"] == "h")
    }
}

@Test(arguments: [
    ("no mask", 1002), ("binary", 1003), ("no UTF-8", 1007), ("no UTF-8 and no JSON", 1007),
    ("a continuation of nothing", 1002), ("a message within a message", 1002), ("an unknown opcode", 1002),
    ("a long ping", 1002), ("a ping in pieces", 1002),
])
func `a frame against the rules closes with the code RFC 6455 gives it`(fault: String, code: UInt16) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await established(instance)
        switch fault {
        case "no mask": client.frame(opcode: 1, health, isMasked: false)
        case "binary": client.frame(opcode: 2, health)
        case "no UTF-8": client.frame(opcode: 1, Array("\"".utf8) + [0xFF] + Array("\"".utf8))
        case "no UTF-8 and no JSON": client.frame(opcode: 1, Array("wombat".utf8) + [0xC3])
        case "a continuation of nothing": client.frame(opcode: 0, health)
        case "a message within a message":
            client.frame(opcode: 1, health, isFinal: false)
            client.frame(opcode: 1, health)
        case "an unknown opcode": client.frame(opcode: 3, [])
        case "a long ping": client.frame(opcode: 9, spaces(126))
        default: client.frame(opcode: 9, [], isFinal: false)
        }
        guard case .closed(let heard, _) = try await client.hear() else {
            Issue.record("no close frame")
            return
        }
        #expect(heard == code)
    }
}

@Test func `a close is answered with its own code, and the stream ends`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await established(instance)
        client.frame(opcode: 8, [0x03, 0xE8])
        try await #expect(client.hear() == .closed(code: 1000, reason: ""))
        try await #expect(client.hear() == .end)
    }
}

@Test(
    arguments: [
        ([], 0), ([3], 1002), ([0x03, 0xE7], 1002), ([0x03, 0xEC], 1002), ([0x03, 0xED], 1002), ([0x03, 0xF6], 1014),
        ([0x03, 0xF7], 1002), ([0x0B, 0xB7], 1002), ([0x0B, 0xB8], 3000), ([0x13, 0x87], 4999), ([0x13, 0x88], 1002),
        ([0x03, 0xE8, 0xFF], 1007),
    ] as [([UInt8], UInt16)])
func `a close frame is answered with its code, or with what is wrong with it`(
    payload: [UInt8], code: UInt16
) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await established(instance)
        client.frame(opcode: 8, payload)
        guard case .closed(let heard, _) = try await client.hear() else {
            Issue.record("no close frame")
            return
        }
        #expect(heard == code)
    }
}

@Test func `who says nothing after the challenge is sent away`() async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.handshake = .milliseconds(50)
    try await instance.serve(limits: limits) { _ in
        let client = try await WebSocketClient(port: instance.port)
        _ = try await client.nonce()
        try await #expect(client.hear() == .closed(code: 1000, reason: ""))
    }
}

@Test func `who answers no ping is taken for dead`() async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.ping = .milliseconds(20)
    try await instance.serve(limits: limits) { _ in
        let client = try await WebSocketClient(port: instance.port)
        _ = try await client.nonce()
        try client.send(ConnectRequest().json)
        var opcodes: [UInt8] = []
        while let frame = try await client.rawFrame() { opcodes.append(frame.opcode) }
        // It was pinged, and the stream ends.
        #expect(opcodes.contains(9), "\(opcodes)")
    }
}

@Test func `who asks and does not read is closed as a slow consumer, and holds up nobody`() async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.closing = .seconds(30)
    try await instance.serving(limits: limits) { gateway in
        // Answers that are together more than the kernel takes off the server's hands.
        for number in 1..<Presence.limit {
            let text = String(repeating: "x", count: 1000)
            gateway.services.shared.presence.note(
                "\(number)", PresenceEntry(text: text, time: gateway.services.clock.milliseconds))
        }
        let slow = try await established(instance)
        let request = masked(Array(#"{"type":"req","id":"1","method":"system-presence"}"#.utf8))
        for _ in 1...300 { slow.wire.send(request) }
        let other = try await established(instance)
        try await #expect(other.call("health")?["ok"] == true)
        // The answers come in turns: only after some is the slow one known for what it is.
        let isClosed = try await eventually(seconds: 60) { !gateway.limitTally.all.isEmpty }
        try #require(isClosed)
        #expect(gateway.limitTally.all.map(\.key.name) == ["bytes for a client"])
        var answers = 0
        var last = try await slow.rawFrame()
        while let frame = last, frame.opcode == 1 {
            answers += 1
            last = try await slow.rawFrame()
        }
        #expect(answers > 0 && answers < 300)
        #expect(last?.opcode == 8)
        #expect(last.map { Array($0.payload) } == [0x03, 0xF0] + Array("slow consumer".utf8))
    }
}

@Test func `who does not answer our close frame is cut off`() async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.closing = .milliseconds(50)
    try await instance.serve(limits: limits) { _ in
        let client = try await established(instance)
        client.frame(opcode: 2, [])
        try await #expect(client.hear() == .closed(code: 1003, reason: "text frames only"))
        try await #expect(client.hear() == .end)
    }
}

@Test(
    arguments: [
        ("/", [], nil, 101), ("/any/path?x=1", [], nil, 101), ("/__mazelclaw__/ws", [], nil, 101),
        ("/", ["Origin: http://127.0.0.1:PORT"], nil, 101), ("/", ["Origin: http://evil.example"], nil, 403),
        ("/", ["Origin: http://127.0.0.1:1"], nil, 403), ("/", ["Origin: null"], nil, 403),
        ("/", [], "evil.example", 421), ("/", ["Origin: http://evil.example"], "evil.example", 421),
        ("/", [], "localhost", 101), ("/", ["Host: localhost"], nil, 400),
    ] as [(String, [String], String?, Int)])
func `a WebSocket is opened for this host's own programs and pages`(
    path: String, headers: [String], host: String?, status: Int
) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let headers = headers.map {
            $0.split(separator: "PORT", omittingEmptySubsequences: false).joined(separator: "\(instance.port)")
        }
        let client = try await WebSocketClient(port: instance.port, path: path, headers: headers, host: host)
        #expect(client.answer.hasPrefix("HTTP/1.1 \(status) "))
    }
}
