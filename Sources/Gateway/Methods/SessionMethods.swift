import Configuration
import GatewayProtocol
import JSON
import Logging
import Policy
import Storage
import Text
import Time

/// The methods about what is kept of conversations.
struct SessionMethods: Sendable {
    let store: ConversationStore
    let sessions: SessionResolver
    let agents: Current<AgentDirectory>
    let changes: SessionChanges
    let clock: WallClock
    let logger: Logger

    var group: MethodGroup {
        MethodGroup(
            "Sessions",
            """
            A session is a conversation: its key, its settings and the transcript it writes. A key is a whole one \
            (`agent:main:main`), a name among the default agent's (`main`), or `global`.
            """,
            [
                list, preview, resolve, search, changes.patch, changes.reset, changes.delete,
                changes.compact,
            ])
    }

    private struct ListParameters: Sendable {
        var filter = SessionFilter()
        var details: ConversationStore.ListDetails
        var active: TimeSpan?

        static let schema = Schema(
            Field("limit", .integer(1...), "The most sessions."),
            Field(
                "activeMinutes", .minutes(TimeSpan(1, .minutes) ... .longestInterval),
                "Those that were used in so many minutes."),
            Field("includeGlobal", .boolean, default: false, "Whether `global` is among them."),
            Field("includeUnknown", .boolean, default: false, "Whether `unknown` is among them."),
            Field("includeDerivedTitles", .boolean, default: false, "Make a title from what was said."),
            Field("includeLastMessage", .boolean, default: false, "Tell what was said last."),
            Field("label", .string(1...64), "The one called so."),
            Field("spawnedBy", .nonEmptyString, "Those this session started."),
            Field("agentId", .nonEmptyString, "Those of this agent."),
            Field("search", .string, "Those whose key, label, name or transcript's id holds this."),
            as: { limit, minutes, global, unknown, titles, last, label, spawnedBy, agent, text in
                var filter = SessionFilter()
                filter.limit = limit.map { Int($0) }
                (filter.includesGlobal, filter.includesUnknown) = (global, unknown)
                (filter.label, filter.spawnedBy) = (label, spawnedBy)
                filter.agent = agent.map(IdentifierText.agent)
                filter.text = text?.trimmed
                return ListParameters(
                    filter: filter, details: ConversationStore.ListDetails(hasTitles: titles, hasLastMessages: last),
                    active: minutes)
            })
    }

    private var list: Method {
        Method.awaiting(
            "sessions.list", .scope(.read), "The sessions, those used last first.", ListParameters.schema,
            answer: .object(
                Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970."),
                Field(required: "path", .string, "Where they are kept."),
                Field(required: "count", .integer(0...), "How many these are."),
                Field(
                    required: "defaults", .anyObject,
                    "What a new one has: `modelProvider`, `model`, `contextTokens`; null where nobody says."),
                Field(required: "sessions", .list(of: SessionRow.shape), "The sessions."))
        ) { _, parameters in
            let now = clock.now
            var filter = parameters.filter
            filter.usedSince = parameters.active.map { now - $0 }
            let rows = try await store.list(filter, parameters.details)
            let agents = agents.value
            let model = agents.named(agents.defaultID)?.models.first
            return [
                "ts": now.json, "path": .string(store.database.path.text), "count": .integer(Int64(rows.count)),
                "defaults": [
                    "modelProvider": model.map { .string($0.provider) } ?? .null,
                    "model": model?.model.map(JSON.string) ?? .null, "contextTokens": .null,
                ],
                "sessions": .array(rows.map(\.json)),
            ]
        }
    }

    private struct PreviewParameters: Sendable {
        var keys: [String]
        var limit: Int64
        var maxChars: Int64

        static let schema = Schema(
            Field(required: "keys", .array(of: .nonEmptyString, atLeast: 1), "The sessions; the first 64 count."),
            Field("limit", .integer(1...), default: 12, "The most messages of each, 1000 at most."),
            Field("maxChars", .integer(20...), default: 240, "The most characters of each message."),
            as: PreviewParameters.init)

        /// How many sessions are looked at.
        static let limit = 64
    }

    private var preview: Method {
        Method.awaiting(
            "sessions.preview", .scope(.read), "The newest messages of several sessions, oldest first.",
            PreviewParameters.schema,
            answer: .object(
                Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970."),
                Field(
                    required: "previews",
                    .list(
                        of: .object(
                            Field(required: "key", .string, "The session, as it was asked for."),
                            Field(required: "status", .string, "`ok`, `empty`, `missing` or `error`."),
                            Field(required: "items", .list(of: .anyObject), "The messages: `role`, `text`."))),
                    "The sessions."))
        ) { _, parameters in
            var previews: [JSON] = []
            for text in parameters.keys.map(\.trimmed).filter({ !$0.isEmpty }).prefix(PreviewParameters.limit) {
                var items: [JSON] = []
                var status: String
                do {
                    let messages = try await store.preview(
                        sessions.session(text).key, limit: Int(min(parameters.limit, 1000)))
                    items = (messages ?? []).filter { !$0.text.trimmed.isEmpty }.map { message in
                        [
                            "role": .string(role(message.role)),
                            "text": .string(
                                SessionRow.preview(message.text.trimmed, limit: Int(min(parameters.maxChars, 1 << 20)))),
                        ]
                    }
                    status = messages == nil ? "missing" : items.isEmpty ? "empty" : "ok"
                } catch {
                    // The others can still be shown.
                    logger.error("no preview", metadata: ["session": "\(text)", "error": "\(error)"])
                    status = "error"
                }
                previews.append(["key": .string(text), "status": .string(status), "items": .array(items)])
            }
            return ["ts": .integer(clock.milliseconds), "previews": .array(previews)]
        }
    }

    /// A message's role in the words of previews.
    private func role(_ role: String) -> String {
        switch role.lowercased() {
        case "user", "assistant", "system": role.lowercased()
        case "tool", "toolresult", "tool_result": "tool"
        default: "other"
        }
    }

    private struct ResolveParameters: Sendable {
        var key: String?
        var sessionID: String?
        var label: String?
        var filter = SessionFilter()

        static let schema = Schema(
            Field("key", .sessionKey, "The session, by its key."),
            Field("sessionId", .nonEmptyString, "The session, by the id of its transcript."),
            Field("label", .string(1...64), "The session, by its label."),
            Field("agentId", .nonEmptyString, "One of this agent's."),
            Field("spawnedBy", .nonEmptyString, "One this session started."),
            Field("includeGlobal", .boolean, default: false, "Whether it may be `global`."),
            Field("includeUnknown", .boolean, default: false, "Whether it may be `unknown`."),
            as: { key, sessionID, label, agent, spawnedBy, global, unknown in
                var filter = SessionFilter()
                filter.agent = agent.map(IdentifierText.agent)
                (filter.label, filter.spawnedBy) = (label, spawnedBy)
                (filter.includesGlobal, filter.includesUnknown) = (global, unknown)
                return ResolveParameters(key: key, sessionID: sessionID, label: label, filter: filter)
            })
    }

    private var resolve: Method {
        Method.awaiting(
            "sessions.resolve", .scope(.admin), "The key of the session meant by a key, a transcript's id or a label.",
            isAdvertised: false, ResolveParameters.schema,
            answer: .object(
                Field(required: "ok", .boolean, "Always true."), Field(required: "key", .string, "The session."))
        ) { _, parameters in
            let given = [parameters.key, parameters.sessionID, parameters.label].compactMap(\.self)
            guard given.count == 1, let given = given.first else {
                throw ProtocolError(
                    .invalidRequest,
                    given.isEmpty
                        ? "Either key, sessionId, or label is required"
                        : "Provide either key, sessionId, or label (not multiple)")
            }
            let keys: [SessionKey]
            if let key = parameters.key {
                keys = try await store.session(sessions.session(key).key).map { [$0.key] } ?? []
            } else {
                keys = try await store.keys(parameters.filter, writing: parameters.sessionID)
            }
            let name = parameters.label.map { "with label: \($0)" }
            guard let key = keys.first else {
                throw ProtocolError(.invalidRequest, "No session found\(name.map { " \($0)" } ?? ": \(given)")")
            }
            guard keys.count == 1 else {
                throw ProtocolError(.invalidRequest, "Multiple sessions found \(name ?? "for: \(given)")")
            }
            return ["ok": true, "key": .string(key.text)]
        }
    }

    private struct SearchParameters: Sendable {
        var query: String
        var key: String?
        var agent: String?
        var role: String?
        var limit: Int64

        static let schema = Schema(
            Field(
                required: "query", .nonEmptyString,
                "Words that all occur; a star at a word's end stands for any ending, quotes hold words together."),
            Field("key", .sessionKey, "Only in this session."),
            Field("agentId", .nonEmptyString, "Only in this agent's sessions."),
            Field("role", .nonEmptyString, "Only what this role said: `user`, `assistant`."),
            Field("limit", .integer(1...200), default: 20, "The most messages."), as: SearchParameters.init)
    }

    private var search: Method {
        Method.awaiting(
            "sessions.search", .scope(.read), "The messages that hold some words, the best first.",
            SearchParameters.schema,
            answer: .object(
                Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970."),
                Field(required: "count", .integer(0...), "How many these are."),
                Field(required: "hits", .list(of: TranscriptHit.shape), "The messages."))
        ) { _, parameters in
            var query = TranscriptQuery(parameters.query)
            query.key = parameters.key.map { sessions.session($0).key }
            query.agent = parameters.agent.map(IdentifierText.agent)
            query.role = parameters.role
            query.limit = Int(parameters.limit)
            let hits = try await store.search(query)
            return [
                "ts": .integer(clock.milliseconds), "count": .integer(Int64(hits.count)),
                "hits": .array(hits.map(\.json)),
            ]
        }
    }
}

extension TranscriptHit {
    static let shape = Shape.object(
        Field(required: "key", .string, "The session."),
        Field(required: "sessionId", .string, "The transcript."),
        Field(required: "sequence", .integer(1...), "Its place in the transcript."),
        Field(required: "timestamp", .integer, "When, in milliseconds since 1970."),
        Field(required: "role", .string, "Who said it."),
        Field(required: "snippet", .string, "The words around it, with what was found between `[` and `]`."))
}
