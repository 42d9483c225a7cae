import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// The methods for talking with an agent, as people do.
struct ChatMethods: Sendable {
    let conversations: Conversations
    let sessions: SessionResolver
    let agents: Current<AgentDirectory>
    let store: ConversationStore
    let configuration: Current<GatewayConfiguration>
    let clients: Clients
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Chat",
            """
            A conversation as people have it: messages go in, answers come as events `chat` and `agent`. What is answered \
            `started` is on disk. Messages of one session are answered in the order in which they came.
            """,
            [send, history, abort, inject])
    }

    private struct SendParameters: Sendable {
        var sessionKey: String
        var message: String
        var thinking: String?
        var deliver: Bool?
        var attachments: [JSON]
        var timeout: TimeSpan?
        var key: String

        static let schema = Schema(
            Field(required: "sessionKey", .sessionKey, "The session: `main`, or a key."),
            Field(
                required: "message", .string,
                "What is said. `stop` and the like end what is under way instead, `/compact` sums the conversation up, and "
                    + "`/queue` says and changes what becomes of messages that come meanwhile."),
            Field(
                "thinking", .string(0...64),
                "How much the session's model is to think from now on, for those that can be told."),
            Field("deliver", .boolean, "Whether the answer also goes to the session's channel: not in this version."),
            Field("attachments", .array(of: .any), default: [], "Pictures: `mimeType`, `content` in base 64."),
            Field(
                "timeoutMs", .milliseconds(.zero ... .longestWait),
                "How long the answer may take; 0 means as configured."),
            Field(required: "idempotencyKey", .idempotencyKey, "The run's id. Sent again, it does nothing twice."),
            as: SendParameters.init)
    }

    private static let abortFields = (
        Field("ok", .boolean, "Always true."), Field("aborted", .boolean, "Whether something was under way."),
        Field("runIds", .list(of: .string), "What was.")
    )

    private var send: Method {
        Method.ordered(
            "chat.send", .scope(.write), "Says something to an agent, which answers in events.", SendParameters.schema,
            answer: .object(
                Field("runId", .string, "The run: the `idempotencyKey`."),
                Field(
                    "status", .string,
                    "`started`; sent again, `in_flight` while it is answered, and `ok` or `aborted` after that."),
                Self.abortFields.0, Self.abortFields.1, Self.abortFields.2)
        ) { call, parameters in
            let session = sessions.session(parameters.sessionKey)
            guard !parameters.message.trimmed.isEmpty || !parameters.attachments.isEmpty else {
                throw ProtocolError(.invalidRequest, "message or attachment required")
            }
            if StopWords.contains(parameters.message) {
                let ids = try conversations.abort(session: session.key, .stopWord)
                return { aborted(ids) }
            }
            try agents.value.require(session.agentID)
            let images = try Attachments(parameters.attachments)
            let configuration = configuration.value
            var request = RunRequest(
                space: .chat, key: parameters.key, sessionKey: session.key, clientSessionKey: parameters.sessionKey,
                agentID: session.agentID, message: parameters.message)
            if let rest = ResetTrigger.rest(
                of: parameters.message, triggers: configuration.content.session.resetTriggers)
            {
                request.isBeginning = true
                request.message = rest
            } else if CompactionCommand.isIn(parameters.message), agents.value.named(session.agentID)?.hasModel == true
            {
                request.isCompaction = true
                request.message = ""
            } else if let change = QueueChange(parameters.message) {
                request.queueChange = change
                request.message = ""
            }
            request.channel = "webchat"
            request.isPromised = request.queueChange == nil
            request.isByAdmin = Scope.admin.isGranted(by: call.client.scopes)
            request.time = parameters.timeout.flatMap { $0 > .zero ? $0 : nil }
            request.images = images.paths(for: parameters.key, in: configuration.instance)
            request.thinking = try ThinkingLevel(parameters.thinking)
            let claim = try conversations.claim(request)
            return {
                if claim.isNew { try claim.keep(images, in: conversations) }
                switch try await conversations.accept(claim) {
                case .started(let run): return ["runId": .string(run.id), "status": "started"]
                case .underWay(let run): return ["runId": .string(run.id), "status": "in_flight"]
                case .over(let record):
                    if record.status == .error { throw ProtocolError(record) }
                    return ["runId": .string(record.runID), "status": .string(record.status.rawValue)]
                }
            }
        }
    }

    private struct HistoryParameters: Sendable {
        var sessionKey: String
        var limit: Int64

        static let schema = Schema(
            Field(required: "sessionKey", .sessionKey, "The session: `main`, or a key."),
            Field("limit", .integer(1...1000), default: 200, "The most messages."), as: HistoryParameters.init)
    }

    private var history: Method {
        Method.awaiting(
            "chat.history", .scope(.read), "The newest messages of a session, oldest first, at most 6 MiB.",
            HistoryParameters.schema,
            answer: .object(
                Field(required: "sessionKey", .string, "The session, as it was asked for."),
                Field("sessionId", .string, "The id of its transcript."),
                Field(required: "messages", .list(of: .anyObject), "The messages: `role`, `content`, `timestamp`."),
                Field("thinkingLevel", .string, "How much its model thinks."))
        ) { _, parameters in
            let key = sessions.session(parameters.sessionKey).key
            let history = try await store.history(of: key, limit: Int(parameters.limit))
            var object: JSONObject = ["sessionKey": .string(parameters.sessionKey)]
            object["sessionId"] = history.entry.map { .string($0.sessionID) }
            object["messages"] = .array(newest(history.messages, within: ProtocolLimits.historyBytes))
            object["thinkingLevel"] = history.entry?[.thinking].map(JSON.string)
            return .object(object)
        }
    }

    /// The last of `messages` that fit `limit` bytes together.
    private func newest(_ messages: [JSON], within limit: Int) -> [JSON] {
        var room = limit
        var start = messages.endIndex
        while start > messages.startIndex {
            room -= messages[start - 1].serialized().count + 1
            guard room >= 0 else { break }
            start -= 1
        }
        return Array(messages[start...])
    }

    private struct AbortParameters: Sendable {
        var sessionKey: String
        var runID: String?

        static let schema = Schema(
            Field(required: "sessionKey", .sessionKey, "The session: `main`, or a key."),
            Field("runId", .nonEmptyString, "The run; without it, all of the session's."), as: AbortParameters.init)
    }

    private var abort: Method {
        Method.immediate(
            "chat.abort", .scope(.write), "Ends what a session's agent is doing. What it has said is kept.",
            AbortParameters.schema,
            answer: .object(Self.abortFields.0, Self.abortFields.1, Self.abortFields.2)
        ) { _, parameters in
            let key = sessions.session(parameters.sessionKey).key
            return aborted(try conversations.abort(session: key, run: parameters.runID, .client))
        }
    }

    private struct InjectParameters: Sendable {
        var sessionKey: String
        var message: String
        var label: String?

        static let schema = Schema(
            Field(required: "sessionKey", .sessionKey, "The session: `main`, or a key."),
            Field(required: "message", .nonEmptyString, "What its transcript is to say."),
            Field("label", .string(0...100), "Who says it; stands before it."), as: InjectParameters.init)
    }

    private var inject: Method {
        Method.awaiting(
            "chat.inject", .scope(.admin), "Has a session's transcript say something that no agent said.",
            isAdvertised: false,
            InjectParameters.schema,
            answer: .object(
                Field(required: "ok", .boolean, "Always true."),
                Field(required: "messageId", .string, "Its id within the transcript."))
        ) { _, parameters in
            let key = sessions.session(parameters.sessionKey).key
            let label = parameters.label?.trimmed ?? ""
            let message = ChatMessage(
                role: .assistant, text: (label.isEmpty ? "" : "[\(label)]\n\n") + parameters.message,
                timestamp: clock.now, stopReason: "injected")
            guard let added = try await store.add(message, to: key) else {
                throw ProtocolError(.invalidRequest, "session not found")
            }
            clients.broadcast(
                .chat,
                [
                    "runId": .string("inject-\(added.id)"), "sessionKey": .string(parameters.sessionKey), "seq": 0,
                    "state": "final", "message": message.json,
                ])
            return ["ok": true, "messageId": .string(added.id)]
        }
    }

    private func aborted(_ ids: [String]) -> JSON {
        ["ok": true, "aborted": .bool(!ids.isEmpty), "runIds": .array(ids.map(JSON.string))]
    }
}

extension ProtocolError {
    /// What a request is answered whose run failed.
    init(_ record: Run) {
        self.init(
            .unavailable, record.error ?? "the run failed",
            details: ["runId": .string(record.runID), "status": .string(record.status.rawValue)])
    }
}
