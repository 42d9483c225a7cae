import Fuzzing
import JSON
import Testing

@testable import Gateway
@testable import GatewayProtocol

/// Messages nobody would send.
@Suite struct FrameFuzzTests {
    @Test func `any message is answered, passed over or ends its connection, and no other's`() async throws {
        let instance = try TestInstance()
        try await instance.open(.direct) { door in
            let methods = door.gateway.doors.connections.requests.methods.groups.flatMap(\.methods)
            let witness = try await door.connected(scopes: ["operator.read"])
            for seed in FuzzRun("frames") {
                var random = SplitMix(seed: seed)
                let client = try await door.client()
                // Most have shaken hands.
                if random.below(8) > 0 { try await client.enter(ConnectRequest()) }
                for _ in 0...random.below(6) { try client.send(random.message(to: methods)) }
                // Whatever came before it, a request is answered, unless the connection ended with a reason.
                try client.send(["type": "req", "id": "the last", "method": "health"])
                try await hear(client, "seed \(seed)")
                client.leave()
            }
            let health = try await witness.call("health", id: "witness")
            #expect(health?["ok"] == true)
        }
    }

    private func hear(_ client: any ProtocolClient, _ comment: Comment) async throws {
        while true {
            switch try await client.hear() {
            case .frame(let frame):
                let isWhole =
                    switch frame["type"] {
                    case "event": frame["event"]?.string?.isEmpty == false
                    case "res":
                        frame["id"]?.string?.isEmpty == false && (frame["ok"] == true) != (frame["error"] != nil)
                    default: false
                    }
                #expect(isWhole, comment)
                if frame["id"]?.string == "the last" { return }
            case .closed(let code, _):
                #expect([1000, 1002, 1008].contains(code), comment)
                return
            case .end:
                Issue.record("\(comment): no answer came")
                return
            }
        }
    }
}

extension SplitMix {
    /// A request to one of `methods`, what was one, or something else.
    fileprivate mutating func message(to methods: [Method]) -> String {
        switch below(8) {
        case 0: return String(decoding: bytes(), as: UTF8.self)
        case 1: return value(depth: 3).text()
        case 2: return variation(of: request(to: methods)).text()
        case 3:
            var text = Array(request(to: methods).text().utf8)
            for _ in 0...below(3) { damage(&text) }
            return String(decoding: text, as: UTF8.self)
        default: return request(to: methods).text()
        }
    }

    private mutating func request(to methods: [Method]) -> JSON {
        let method = one(of: methods)
        var params = JSONObject()
        for field in method.fields where field.isRequired ? below(8) > 0 : below(3) == 0 {
            params[field.name] = argument(field)
        }
        if below(8) == 0 { params[name()] = value(depth: 1) }
        return [
            "type": "req", "id": .string(one(of: ["a", "b", "\u{1F600}"])),
            "method": .string(below(16) == 0 ? one(of: ["connect", "none", "health\u{0}", ""]) : method.name),
            "params": below(16) == 0 ? value(depth: 2) : .object(params),
        ]
    }

    /// A value that may well be right for `field`.
    private mutating func argument(_ field: FieldDescription) -> JSON {
        guard below(6) > 0 else { return below(2) == 0 ? extreme() : value(depth: 2) }
        if !field.fields.isEmpty, below(2) == 0 {
            var object = JSONObject()
            for field in field.fields where field.isRequired || below(2) == 0 { object[field.name] = argument(field) }
            return .object(object)
        }
        return one(of: [
            "main", "agent:main:main", "global", "/help", "now", "a", .string(String(repeating: "long ", count: 200)),
            true, false, 0, 1, 200, -1, .integer(.min), ["main"], [], ["a": 1],
        ])
    }
}
