import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// The methods by which programs have agents run.
struct RunMethods: Sendable {
    let conversations: Conversations
    let sessions: SessionResolver
    let agents: Current<AgentDirectory>
    let store: ConversationStore
    let instance: Instance

    var group: MethodGroup {
        MethodGroup(
            "Runs",
            """
            A run as programs start it: `agent` is answered twice under the same id, when the run is on disk and when it \
            is over. Events `agent` and `chat` tell what happens between.
            """,
            [agent, wait])
    }

    private struct AgentParameters: Sendable {
        var message: String
        var agentID: String?
        var sessionKey: String?
        var sessionID: String?
        var receiver: String?
        var channel: String?
        var replyChannel: String?
        var accountID: String?
        var groupID: String?
        var thinking: String?
        var delivers: Bool
        var timeout: TimeSpan?
        var lane: String?
        var extraSystemPrompt: String?
        var label: String?
        var spawnedBy: String?
        var attachments: [JSON]
        var key: String

        /// A key, or what becomes part of one.
        private static let name = Shape.string(0...ProtocolLimits.sessionKeyCharacters)
        static let schema = Schema(
            Field(required: "message", .nonEmptyString, "What is said."),
            Field(
                "agentId", .string(1...ProtocolLimits.sessionKeyCharacters),
                "The agent; without it, the session's, the channel's or the default."),
            Field("sessionKey", name, "The session; without it, that of the channel, or the agent's main session."),
            Field("sessionId", name, "The session, by the id of its transcript; one that is not there begins with it."),
            Field("to", name, "Who writes, as the channel calls them."),
            Field("replyTo", name, "Whom the answer goes to."),
            Field("channel", name, "The channel it came from. `bindings` say whose it is."),
            Field("replyChannel", name, "The channel the answer goes to."),
            Field("accountId", name, "The channel's account."),
            Field("replyAccountId", name, "The account the answer goes to."),
            Field("threadId", name, "The thread."), Field("groupId", name, "The group."),
            Field("groupChannel", name, "The group's channel."), Field("groupSpace", name, "The group's space."),
            Field(
                "thinking", .string(0...64),
                "How much the session's model is to think from now on, for those that can be told."),
            Field(
                "deliver", .boolean,
                "Whether the answer also goes to the channel: refused here; `send` says something there."),
            Field("attachments", .array(of: .any), default: [], "Pictures: `mimeType`, `content` in base 64."),
            Field("timeout", .seconds(.zero ... .longestWait), "How long the answer may take; 0 means as configured."),
            Field("lane", .string(0...64), "The lane: `main`, `cron`, `subagent` or another."),
            Field("extraSystemPrompt", .string, "What the agent is told beside its own files."),
            Field("label", .string(1...64), "A name for a session that has none."),
            Field("spawnedBy", name, "The session that asks."),
            Field(required: "idempotencyKey", .idempotencyKey, "The run's id. Sent again, it does nothing twice."),
            as: {
                (
                    message, agentID, sessionKey, sessionID, receiver, _: String?, channel, replyChannel, accountID,
                    _: String?, _: String?, groupID, _: String?, _: String?, thinking, delivers, attachments, timeout,
                    lane,
                    extra, label, spawnedBy, key
                ) in
                AgentParameters(
                    message: message, agentID: agentID, sessionKey: sessionKey, sessionID: sessionID,
                    receiver: receiver,
                    channel: channel, replyChannel: replyChannel, accountID: accountID, groupID: groupID,
                    thinking: thinking, delivers: delivers ?? false, timeout: timeout, lane: lane,
                    extraSystemPrompt: extra,
                    label: label, spawnedBy: spawnedBy, attachments: attachments, key: key)
            })

        /// Throws `ProtocolError` when the answer is to go through a channel: there is none. Without the name of one it goes
        /// to who asks, as it does to clients that are no channel.
        func requireDeliverable() throws(ProtocolError) {
            guard delivers,
                let channel = [replyChannel, channel].lazy.compactMap({ $0?.trimmed }).first(where: { !$0.isEmpty }),
                !["last", "webchat"].contains(channel.lowercased())
            else { return }
            throw ProtocolError(.invalidRequest, "unsupported channel: \(channel)")
        }

        /// Where the message comes from; nil when it came through no channel.
        var origin: MessageOrigin? {
            guard let channel, !channel.trimmed.isEmpty else { return nil }
            var origin = MessageOrigin(channel: channel.trimmed)
            if let accountID, !accountID.trimmed.isEmpty { origin.accountID = accountID.trimmed }
            if let groupID, !groupID.trimmed.isEmpty {
                origin.peer = (.group, groupID.trimmed)
            } else if let receiver, !receiver.trimmed.isEmpty {
                origin.peer = (.direct, receiver.trimmed)
            }
            return origin
        }
    }

    private static let resultShape = Shape.object(
        Field(required: "payloads", .list(of: .anyObject), "The parts of the answer: `text`, `mediaUrl`."),
        Field(
            required: "meta", .anyObject,
            "`durationMs`, and `agentMeta` with `sessionId`, `provider`, `model`, `usage`."))

    private static let result = Field("result", resultShape, "The answer; in the second.")

    private var agent: Method {
        Method.ordered(
            "agent", .scope(.write), "Has an agent answer, and waits for the answer.", AgentParameters.schema,
            answer: .object(
                Field(required: "runId", .string, "The run: the `idempotencyKey`."),
                Field(
                    required: "status", .string, "`accepted`, then `ok`. A run that fails or is aborted is an error."),
                Field("acceptedAt", .integer, "When it was accepted; in the first."),
                Field("summary", .string, "A word for people; in the second."), Self.result)
        ) { call, parameters in
            let images = try Attachments(parameters.attachments)
            if let id = parameters.sessionID, parameters.sessionKey == nil {
                // Its key stands in the database: this one takes its turn when that is known.
                return {
                    let known = try await store.session(writing: id)?.key.text
                    let key = try known ?? newKey(for: id, parameters)
                    let claim = try claimed(
                        call, parameters, images, sessionKey: key, newSessionID: known == nil ? id : nil)
                    return try await answer(call, claim, images)
                }
            }
            let claim = try claimed(call, parameters, images, sessionKey: parameters.sessionKey)
            return { try await answer(call, claim, images) }
        }
    }

    /// The key of the session that begins with the transcript `id`. Throws `ProtocolError` when none can be so called.
    private func newKey(for id: String, _ parameters: AgentParameters) throws(ProtocolError) -> String {
        guard id.utf8.count <= 64, IdentifierText.agent(id) == id.lowercased() else {
            throw ProtocolError(
                .invalidRequest,
                "invalid agent params: there is no session id \"\(id)\", and a new one has up to 64 letters, digits, - and _"
            )
        }
        let agent = parameters.agentID.map(IdentifierText.agent) ?? agents.value.defaultID
        return "agent:\(agent):explicit:\(id.lowercased())"
    }

    private func claimed(
        _ call: MethodCall, _ parameters: AgentParameters, _ images: Attachments, sessionKey: String?,
        newSessionID: String? = nil
    ) throws(ProtocolError) -> Conversations.Claim {
        try parameters.requireDeliverable()
        let session = try agentSession(parameters, sessionKey: sessionKey)
        var request = RunRequest(
            space: .agent, key: parameters.key, sessionKey: session.key, clientSessionKey: session.key.text,
            agentID: session.agentID, message: parameters.message)
        request.isPromised = true
        // What comes through a channel is a person's, and everything else a program's, which waits for its answer.
        if sessionKey == nil { request.channel = parameters.origin?.channel }
        request.newSessionID = newSessionID
        request.isByAdmin = Scope.admin.isGranted(by: call.client.scopes)
        request.time = parameters.timeout.flatMap { $0 > .zero ? $0 : nil }
        request.lane = parameters.lane.flatMap { $0.trimmed.isEmpty ? nil : $0.trimmed } ?? Lanes.main
        request.extraSystemPrompt = parameters.extraSystemPrompt
        request.label = parameters.label
        request.thinking = try ThinkingLevel(parameters.thinking)
        request.spawnedBy = parameters.spawnedBy.map { sessions.session($0).key.text }
        request.images = images.paths(for: parameters.key, in: instance)
        return try conversations.claim(request)
    }

    private func answer(
        _ call: MethodCall, _ claim: Conversations.Claim, _ images: Attachments
    ) async throws -> JSON {
        if claim.isNew { try claim.keep(images, in: conversations) }
        switch try await conversations.accept(claim) {
        case .started(let run), .underWay(let run):
            call.answer([
                "runId": .string(run.id), "status": "accepted", "acceptedAt": run.acceptedAt.json,
            ])
            return try final(run.record(of: await run.end.wait()), isTimeout: run.end.current?.isTimeout)
        case .over(let record): return try final(record, isTimeout: false)
        }
    }

    private func agentSession(
        _ parameters: AgentParameters, sessionKey: String?
    ) throws(ProtocolError) -> (key: SessionKey, agentID: String) {
        let named = parameters.agentID?.trimmed.lowercased()
        let agents = agents.value
        if let named, agents.named(named) == nil {
            throw ProtocolError(
                .invalidRequest, "invalid agent params: unknown agent id \"\(parameters.agentID ?? "")\"")
        }
        if sessionKey == nil, let origin = parameters.origin { return sessions.session(for: origin, agent: named) }
        let session = sessions.session(sessionKey ?? "main", agent: named)
        if let named, session.agentID != named {
            throw ProtocolError(
                .invalidRequest,
                "invalid agent params: agent \"\(named)\" does not match session key agent \"\(session.agentID)\"")
        }
        try agents.require(session.agentID)
        return session
    }

    /// The last answer to `agent`.
    private func final(_ record: Run, isTimeout: Bool?) throws(ProtocolError) -> JSON {
        switch record.status {
        case .ok:
            var answer: JSONObject = ["runId": .string(record.runID), "status": "ok", "summary": "completed"]
            answer["result"] = record.result.flatMap { Self.resultShape.faults(in: $0).isEmpty ? $0 : nil }
            return .object(answer)
        case .accepted, .running, .error, .aborted:
            var error = ProtocolError(record)
            if record.status == .aborted { error.message = "the run was aborted" }
            if isTimeout == true { error.code = .agentTimeout }
            throw error
        }
    }

    private struct WaitParameters: Sendable {
        var runID: String
        var timeout: TimeSpan

        static let schema = Schema(
            Field(required: "runId", .nonEmptyString, "The run."),
            Field(
                "timeoutMs", .milliseconds(.zero ... .longestWait), default: TimeSpan(30, .seconds), "How long to wait."
            ),
            as: WaitParameters.init)
    }

    private var wait: Method {
        Method.awaiting(
            "agent.wait", .scope(.write), "Waits for the end of a run.", WaitParameters.schema,
            answer: .object(
                Field(required: "runId", .string, "The run."),
                Field(required: "status", .string, "`ok`, `error`, or `timeout`: it is not over."),
                Field("startedAt", .integer, "When the agent began."),
                Field("endedAt", .integer, "When the run ended."),
                Field("error", .string, "Why there is no answer."))
        ) { _, parameters in
            guard let record = try await conversations.wait(for: parameters.runID, atMost: parameters.timeout) else {
                return ["runId": .string(parameters.runID), "status": "timeout"]
            }
            var object: JSONObject = [
                "runId": .string(record.runID), "status": .string(record.status == .ok ? "ok" : "error"),
            ]
            object["startedAt"] = record.startedAt?.json
            object["endedAt"] = record.endedAt?.json
            object["error"] = record.status == .aborted ? "aborted" : record.error.map(JSON.string)
            return .object(object)
        }
    }
}
