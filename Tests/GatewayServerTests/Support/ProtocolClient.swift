import JSON
import Synchronization

/// How many requests were numbered.
private let numbered = Atomic<Int>(0)

/// What a client hears.
enum Heard: Equatable, Sendable {
    case frame(JSON)
    case closed(code: UInt16, reason: String)
    /// The end of the stream.
    case end
}

/// A client of the gateway's protocol, over whatever carries it.
protocol ProtocolClient {
    /// What `event` hears first.
    var passedOver: PassedOver { get }
    func send(_ text: String) throws
    func hear() async throws -> Heard
    /// Goes away.
    func leave()
}

extension ProtocolClient {
    func send(_ json: JSON) throws {
        try send(json.text())
    }

    /// The next frame; nil when the connection ends.
    func frame() async throws -> JSON? {
        if case .frame(let json) = try await hear() { json } else { nil }
    }

    /// Sends a request and returns the answer, passing over events. Those of runs are kept for `event`.
    ///
    /// Without an `id` the request gets one of its own: a run is answered twice, and its second answer may come while
    /// the client waits for that to another request.
    func call(_ method: String, _ params: JSON? = nil, id: String? = nil) async throws -> JSON? {
        let id = id ?? "call-\(numbered.add(1, ordering: .relaxed).newValue)"
        var request: JSON = ["type": "req", "id": .string(id), "method": .string(method)]
        if let params, case .object(var object) = request {
            object["params"] = params
            request = .object(object)
        }
        try send(request)
        while let frame = try await frame() {
            if frame["type"] == "res", frame["id"]?.string == id { return frame }
            passedOver.keep(frame)
        }
        return nil
    }

    /// Waits for the challenge and returns its nonce.
    func nonce() async throws -> String {
        try await frame()?["payload"]?["nonce"]?.string ?? ""
    }
}
