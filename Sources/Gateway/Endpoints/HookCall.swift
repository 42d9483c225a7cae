import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// What a hook is to do.
enum HookCall {
    case wake(text: String, HooksSection.Mapping.WakeMode)
    case agent(Turn)

    /// A run.
    struct Turn {
        var message: String
        /// What the hook is called.
        var name: String
        var sessionKey: String?
        var model: String?
        var time: TimeSpan?
        var thinking: ThinkingLevel?
        /// Whether the message is as good as a person's.
        var isTrusted = false
    }

    /// What `wake` is sent. Throws `APIError`.
    init(wake payload: JSON) throws(APIError) {
        guard let text = try Self.text(payload, "text") else { throw .invalid("text required") }
        self = .wake(text: text, try Self.text(payload, "mode").flatMap(HooksSection.Mapping.WakeMode.init) ?? .now)
    }

    /// What `agent` is sent. Throws `APIError`.
    init(agent payload: JSON) throws(APIError) {
        guard let message = try Self.text(payload, "message") else { throw .invalid("message required") }
        if let channel = try Self.text(payload, "channel"), channel != "last", payload["deliver"] != false {
            throw .invalid("nothing can be delivered to \"\(channel)\": this version has no channels")
        }
        var turn = Turn(message: message, name: try Self.text(payload, "name") ?? "Hook")
        turn.sessionKey = try Self.text(payload, "sessionKey")
        turn.model = try Self.text(payload, "model")
        if turn.model == nil, payload["model"]?.string != nil { throw .invalid("model required") }
        let thinking = try Self.text(payload, "thinking")
        do throws(ProtocolError) {
            turn.thinking = try ThinkingLevel(thinking)
        } catch {
            throw .invalid(error.message)
        }
        switch payload["timeoutSeconds"] {
        case nil, .null: break
        case let seconds?:
            // Programs compute it, and a part of a second decides nothing.
            guard let count = seconds.number.flatMap({ Int64(exactly: $0.rounded(.down)) }),
                (1...Self.maximumSeconds).contains(count)
            else { throw .invalid("timeoutSeconds must be a number from 1 to \(Self.maximumSeconds)") }
            turn.time = TimeSpan(count, .seconds)
        }
        self = .agent(turn)
    }

    /// What `mapping` makes of a request. Throws `APIError` when nothing is left to be said.
    init(_ mapping: HooksSection.Mapping, _ source: HookTemplate.Source) throws(APIError) {
        let name = mapping.name ?? mapping.id ?? mapping.match.path ?? "Hook"
        switch mapping.action {
        case .wake:
            let text = HookTemplate(mapping.textTemplate ?? mapping.messageTemplate ?? "").filled(source).trimmed
            guard !text.isEmpty else { throw .invalid("hook mapping requires text") }
            self = .wake(text: text, mapping.wakeMode)
        case .agent:
            let message = HookTemplate(mapping.messageTemplate ?? mapping.textTemplate ?? "").filled(source).trimmed
            guard !message.isEmpty else { throw .invalid("hook mapping requires message") }
            var turn = Turn(message: message, name: name)
            turn.sessionKey = mapping.sessionKey.map { HookTemplate($0).filled(source).trimmed }
                .flatMap { $0.isEmpty ? nil : $0 }
            turn.model = mapping.model
            turn.time = mapping.timeout
            turn.isTrusted = mapping.allowsUnsafeContent
            self = .agent(turn)
        }
    }

    private static let maximumSeconds = TimeSpan.longestWait.count(.seconds)

    /// The string `name`, trimmed; nil when there is nothing in it. Throws `APIError` when it is something else.
    private static func text(_ payload: JSON, _ name: String) throws(APIError) -> String? {
        guard let text = try APIBody.string(payload, name)?.trimmed, !text.isEmpty else { return nil }
        return text
    }
}

extension HooksSection {
    /// `path` with a slash before and none behind. One that is blank means the default.
    var root: String {
        let parts = path.trimmed.split(separator: "/")
        return parts.isEmpty ? "/hooks" : "/" + parts.joined(separator: "/")
    }
}

extension HooksSection.Mapping {
    /// Whether it is for a request for `path`, which says `payload`. One without any condition fits everything.
    func fits(_ path: String, _ payload: JSON) -> Bool {
        if let wanted = match.path, wanted.split(separator: "/").joined(separator: "/") != path { return false }
        if let source = match.source, payload["source"]?.string != source { return false }
        return true
    }
}
