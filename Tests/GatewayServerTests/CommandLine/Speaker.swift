import JSON
import Testing

/// Says numbers in a session, on a connection of its own, for as long as there is a gateway.
struct Speaker: Sendable {
    /// How it says them.
    enum Way: Sendable {
        /// By `chat.send`, many at a time. What was said and not acknowledged is said again, under the same key.
        case sending
        /// By `chat.inject`, which knows no keys: each waits for the one before it, and what was not acknowledged is not
        /// said again.
        case injecting
    }

    let session: String
    /// Stands before its numbers: others speak in the same session.
    let name: String
    let way: Way
    /// The last number that was said.
    private(set) var said = 0
    /// Those that were acknowledged.
    private(set) var acknowledged: Set<Int> = []

    /// One that has said nothing yet.
    init(_ name: String, in session: String, _ way: Way) {
        (self.name, self.session, self.way) = (name, session, way)
    }

    /// How many are under way at most.
    private static let width = 20

    /// How many it says in one round at most: what is acknowledged waits to be answered, also by the gateway of the next
    /// round, and there is room for so much and no more.
    private static let roundLimit = 20

    /// Speaks until the connection ends. `enter` hears when it may, or when it never will.
    mutating func speak(to port: UInt16, enter: AsyncStream<Void>.Continuation) async throws {
        defer { enter.yield() }
        let client = try await WebSocketClient(port: port)
        var request = ConnectRequest()
        request.scopes = ["operator.admin"]
        try await client.enter(request)
        switch way {
        case .sending: try await send(by: client, enter)
        case .injecting: try await inject(by: client, enter)
        }
    }

    private mutating func send(by client: WebSocketClient, _ enter: AsyncStream<Void>.Continuation) async throws {
        // What the gateway before this one left goes on first: there is room for so much in a session, and no more.
        if let last = acknowledged.max() {
            let run = JSON.string("\(session)-\(name)-\(last)")
            guard try await client.call("agent.wait", ["runId": run, "timeoutMs": 120_000]) != nil else { return }
        }
        enter.yield()
        // They are kept in the order in which they were said, and acknowledged in any.
        var next = (1...said + 1).first { !acknowledged.contains($0) } ?? 1
        let last = said + Self.roundLimit
        while true {
            while next <= last, next - acknowledged.count <= Self.width {
                try client.send(
                    request(
                        next, "chat.send",
                        [
                            "sessionKey": .string(session), "message": .string("\(name) \(next)"),
                            "idempotencyKey": .string("\(session)-\(name)-\(next)"),
                        ]))
                said = max(said, next)
                next += 1
            }
            guard let frame = try await client.frame() else { return }
            guard let number = Self.number(answeredBy: frame) else { continue }
            // One that was cut off in an earlier round is kept, and answered with how it ended.
            let isKept = frame["ok"] == true || frame["error"]?["details"]?["runId"] != nil
            try #require(isKept, "\(frame.text())")
            acknowledged.insert(number)
        }
    }

    private mutating func inject(by client: WebSocketClient, _ enter: AsyncStream<Void>.Continuation) async throws {
        // There must be a session to inject into.
        guard let answer = try await client.call("sessions.patch", ["key": .string(session)]) else { return }
        try #require(answer["ok"] == true, "\(answer.text())")
        enter.yield()
        while true {
            said += 1
            try client.send(
                request(
                    said, "chat.inject", ["sessionKey": .string(session), "message": .string("\(name) \(said)")]))
            var number: Int?
            while number == nil {
                guard let frame = try await client.frame() else { return }
                number = Self.number(answeredBy: frame)
                try #require(number == nil || frame["ok"] == true && number == said, "\(frame.text())")
            }
            acknowledged.insert(said)
        }
    }

    private func request(_ number: Int, _ method: String, _ params: JSON) -> JSON {
        ["type": "req", "id": .string("\(number)"), "method": .string(method), "params": params]
    }

    private static func number(answeredBy frame: JSON) -> Int? {
        frame["type"] == "res" ? frame["id"]?.string.flatMap { Int($0) } : nil
    }
}
