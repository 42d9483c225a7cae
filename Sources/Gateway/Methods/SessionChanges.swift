import Configuration
import GatewayProtocol
import JSON
import Policy
import Storage
import Text
import Time

/// The methods that change what is kept of a conversation.
struct SessionChanges: Sendable {
    let store: ConversationStore
    let settings: Current<SessionSettings>
    let sessions: SessionResolver
    let agents: Current<AgentDirectory>
    let conversations: Conversations
    let clock: WallClock

    private static let entryAnswer = Field(
        required: "entry",
        Shape.object(
            Field(required: "sessionId", .string, "The id of its transcript."),
            Field(required: "updatedAt", .integer, "When it was last used, in milliseconds since 1970.")),
        "The session as it is now, with all its settings.")
    private static let okAnswer = Field(required: "ok", Shape.boolean, "Always true.")
    private static let keyAnswer = Field(required: "key", Shape.string, "The session's whole key.")
    private static let keyField = Field(required: "key", Shape.sessionKey, "The session.")

    // MARK: Settings

    private struct PatchParameters: Sendable {
        var key: String
        var patch: SessionPatch
        var model: Change<String>?

        static let schema = Schema(
            keyField,
            Field("label", .nullable(.string(1...64)), "What it is to be called; no two sessions may share a label."),
            Field("thinkingLevel", word(.thinking), "How much a model is to think."),
            Field("verboseLevel", word(.verbose), "Whether it tells what it does."),
            Field("reasoningLevel", word(.reasoning), "Whether it tells what it thinks."),
            Field("responseUsage", .nullable(constants(.usage)), "Whether each answer tells its cost."),
            Field("elevatedLevel", word(.elevated), "Whether it may do more than usual."),
            Field("execHost", word(.host), "Where programs run."),
            Field("execSecurity", word(.security), "Which programs may run."),
            Field("execAsk", word(.ask), "When somebody is asked first."),
            Field("execNode", .nullable(.nonEmptyString), "The node programs run on."),
            Field("model", .nullable(.nonEmptyString), "`provider/model`, instead of the agent's own."),
            Field("spawnedBy", .nullable(.nonEmptyString), "The session that started it; only for `subagent:` ones."),
            Field("sendPolicy", .nullable(constants(.sending)), "Whether it may be written to."),
            Field("groupActivation", .nullable(constants(.activation)), "When it answers in a group."),
            as: {
                (
                    key, label, thinking, verbose, reasoning, usage, elevated, host, security, ask, node, model, parent,
                    sending, activation
                ) in
                let all: [(SessionSetting, Change<String>?)] = [
                    (.thinking, thinking), (.verbose, verbose), (.reasoning, reasoning), (.usage, usage),
                    (.elevated, elevated), (.host, host), (.security, security), (.ask, ask), (.sending, sending),
                    (.activation, activation),
                ]
                let settings = all.compactMap { setting, change in change.map { (setting, $0) } }
                return PatchParameters(
                    key: key, patch: SessionPatch(label: label, settings: settings, node: node, spawnedBy: parent),
                    model: model)
            })

        /// Any text: what it must be is said in the words clients know, not in the validator's.
        private static func word(_ setting: SessionSetting) -> Shape<Change<String>> {
            let words = setting.words.map { "`\($0)`" }.joined(separator: ", ")
            let shape = Shape<String>("one of \(words)") { json, faults in Shape.nonEmptyString.read(json, &faults) }
            return .nullable(shape)
        }

        private static func constants(_ setting: SessionSetting) -> Shape<String> {
            .parsed(setting.words.map { "`\($0)`" }) { setting.words.contains($0) ? $0 : nil }
        }
    }

    var patch: Method {
        Method.awaiting(
            "sessions.patch", .scope(.admin), "Changes a session's settings; null takes one away.",
            PatchParameters.schema,
            answer: .object(
                Self.okAnswer, Field(required: "path", .string, "Where it is kept."), Self.keyAnswer, Self.entryAnswer)
        ) { _, parameters in
            let (key, agentID) = sessions.session(parameters.key)
            let agents = agents.value
            var patch = parameters.patch
            switch parameters.model {
            case nil: break
            case .clear: patch.model = .clear
            case .set(let text):
                guard !text.trimmed.isEmpty else { throw ProtocolError(.invalidRequest, "invalid model: empty") }
                let name = ModelName(text)
                guard (try? agents.responders(for: [name], operator: conversations.ownResponder)) != nil else {
                    throw ProtocolError(.invalidRequest, "model not allowed: \(text)")
                }
                patch.model = name == agents.named(agentID)?.models.first ? .clear : .set(name)
            }
            let entry = try await store.change(key, patch, at: clock.now)
            return [
                "ok": true, "path": .string(store.database.path.text), "key": .string(key.text), "entry": entry.json,
            ]
        }
    }

    // MARK: Life

    private struct ResetParameters: Sendable {
        var key: String

        static let schema = Schema(keyField, as: ResetParameters.init)
    }

    var reset: Method {
        Method.awaiting(
            "sessions.reset", .scope(.admin), "Begins a session anew: another transcript, the same settings.",
            ResetParameters.schema, answer: .object(Self.okAnswer, Self.keyAnswer, Self.entryAnswer)
        ) { _, parameters in
            let key = sessions.session(parameters.key).key
            let entry = try await store.reset(key, at: clock.now)
            return ["ok": true, "key": .string(key.text), "entry": entry.json]
        }
    }

    private struct DeleteParameters: Sendable {
        var key: String
        var deletesTranscript: Bool

        static let schema = Schema(
            keyField,
            Field("deleteTranscript", .boolean, default: true, "Put its transcript away too: it is searched no more."),
            as: DeleteParameters.init)
    }

    /// How long a session's agent has to let go before the session is deleted.
    private static let patience = TimeSpan(15, .seconds)

    var delete: Method {
        Method.awaiting(
            "sessions.delete", .scope(.admin), "Forgets a session. What its agent is doing is ended first.",
            DeleteParameters.schema,
            answer: .object(
                Self.okAnswer, Self.keyAnswer, Field(required: "deleted", .boolean, "Whether there was one."),
                Field(required: "archived", .list(of: .string), "The names its transcript is kept under."))
        ) { _, parameters in
            let key = sessions.session(parameters.key).key
            guard !key.isMain(settings: settings.value) else {
                throw ProtocolError(.invalidRequest, "Cannot delete the main session (\(key)).")
            }
            guard try await conversations.clear(key, within: Self.patience) else {
                throw ProtocolError(.unavailable, "Session \(key) is still active; try again in a moment.")
            }
            let (isDeleted, archived) = try await store.delete(
                key, isArchiving: parameters.deletesTranscript, at: clock.now)
            return [
                "ok": true, "key": .string(key.text), "deleted": .bool(isDeleted),
                "archived": .array(archived.map(JSON.string)),
            ]
        }
    }

    private struct CompactParameters: Sendable {
        var key: String
        var maxLines: Int64?

        static let schema = Schema(
            keyField,
            Field(
                "maxLines", .integer(1...),
                "How many of the newest lines stay; the others are put away. Left out, a model sums the conversation up "
                    + "where a service answers, and elsewhere 400 lines stay."),
            as: CompactParameters.init)
    }

    var compact: Method {
        Method.awaiting(
            "sessions.compact", .scope(.admin), "Sums up the older part of a session's conversation, or puts it away.",
            CompactParameters.schema,
            answer: .object(
                Self.okAnswer, Self.keyAnswer,
                Field(required: "compacted", .boolean, "Whether something was summed up or put away."),
                Field("tokensBefore", .integer(0...), "About how many tokens a model was told of it before."),
                Field("tokensAfter", .integer(0...), "About how many it is told now."),
                Field("kept", .integer(0...), "How many lines stayed."),
                Field("archived", .string, "The name the others are kept under."),
                Field("reason", .string, "Why there was nothing to do."))
        ) { _, parameters in
            let session = sessions.session(parameters.key)
            let key = session.key
            var object: JSONObject = ["ok": true, "key": .string(key.text), "compacted": false]
            if parameters.maxLines == nil, agents.value.named(session.agentID)?.hasModel == true {
                switch try await conversations.compact(session) {
                case .unable: break
                case .nothing:
                    object["reason"] = "nothing to sum up"
                    return .object(object)
                case .done(let before, let after):
                    object["compacted"] = true
                    object["tokensBefore"] = .integer(before)
                    object["tokensAfter"] = .integer(after)
                    return .object(object)
                }
            }
            let kept = Int(min(parameters.maxLines ?? 400, Int64(Int32.max)))
            switch try await store.compact(key, keeping: kept, at: clock.now)
            {
            case .nothing(let reason): object["reason"] = .string(reason)
            case .short(let count): object["kept"] = .integer(Int64(count))
            case .done(let name):
                object["compacted"] = true
                object["kept"] = .integer(Int64(kept))
                object["archived"] = .string(name)
            }
            return .object(object)
        }
    }
}
