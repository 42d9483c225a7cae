import DevTools
import JSON

/// A page, with what is known of it.
struct Tab: Sendable {
    var info: TargetInfo
    var session: DevToolsSession
    var watch: PageWatch

    /// What every answer about it begins with.
    func answer(_ members: JSONObject = [:]) -> BrowserAnswer {
        var body: JSONObject = ["ok": true, "targetId": .string(info.id.text), "url": .string(info.url)]
        for member in members.members { body[member.name] = member.value }
        return BrowserAnswer(body: .object(body))
    }

    /// The value of `expression`, which is this module's own. Throws `DevToolsError`, and `BrowserFault` for what it throws.
    func value(_ expression: String, within time: Duration? = nil) async throws -> JSON {
        switch try await session.send(RuntimeDomain.Evaluate(expression), within: time) {
        case .value(let object): return object.value ?? .null
        case .exception(let text): throw BrowserFault(500, "the page threw: \(text)")
        }
    }
}
