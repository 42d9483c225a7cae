import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// The methods that tell who answers, and with which model.
struct AgentMethods: Sendable {
    let configuration: Current<GatewayConfiguration>
    let agents: Current<AgentDirectory>
    let ownResponder: any Responder
    let redactor: GrowingRedactor
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Agents and models", "Who answers, and with which model.",
            [list, identity, models, modelStatus, modelTest])
    }

    private static let agentIdentity = Shape.object(
        Field("name", .string, "Its name."), Field("theme", .string, "What it is like."),
        Field("emoji", .string, "Its emoji."), Field("avatar", .string, "Its picture."))

    private var list: Method {
        Method.immediate(
            "agents.list", .scope(.read), "The agents.", NoParameters.schema,
            answer: .object(
                Field(required: "defaultId", .string, "The agent that answers when none is named."),
                Field(required: "mainKey", .string, "What the owner's session is called."),
                Field(
                    required: "scope", Shape<SessionSection.Scope>.word,
                    "Whether each sender has a session of their own."),
                Field(
                    required: "agents",
                    .list(
                        of: .object(
                            Field(required: "id", .string, "Its id."), Field("name", .string, "Its name."),
                            Field("identity", Self.agentIdentity, "How it presents itself."))), "The agents."))
        ) { _, _ in
            let configuration = configuration.value
            let agents = agents.value
            return [
                "defaultId": .string(agents.defaultID), "mainKey": "main",
                "scope": .string(configuration.sessionScope.rawValue),
                "agents": .array(
                    agents.all.map { agent in
                        let configured = configured(agent: agent.id, in: configuration)
                        var object = JSONObject()
                        object["id"] = .string(agent.id)
                        object["name"] = configured?["name"]
                        object["identity"] = configured?["identity"]
                        return .object(object)
                    }),
            ]
        }
    }

    private struct IdentityParameters {
        var agentID: String?
        var sessionKey: String?

        static let schema = Schema(
            Field("agentId", .nonEmptyString, "The agent; left out, the session's, or the default one."),
            Field("sessionKey", .sessionKey, "A session of the agent."), as: IdentityParameters.init)

        /// The agent a key like `agent:ID:…` names.
        var sessionAgent: String? {
            let parts = sessionKey?.lowercased().split(separator: ":", omittingEmptySubsequences: false) ?? []
            return parts.count > 2 && parts[0] == "agent" ? String(parts[1]) : nil
        }
    }

    private var identity: Method {
        Method.immediate(
            "agent.identity.get", .scope(.read), "How an agent presents itself.", IdentityParameters.schema,
            answer: .object(
                Field(required: "agentId", .string, "The agent."), Field(required: "name", .string, "Its name."),
                Field(required: "avatar", .string, "Its picture: an address, a path in its workspace, or a letter."))
        ) { _, parameters in
            let named = parameters.agentID?.trimmed.lowercased()
            if let named, let fromKey = parameters.sessionAgent, named != fromKey {
                throw ProtocolError(
                    .invalidRequest,
                    "invalid agent.identity.get params: agent \"\(named)\" does not match session key agent \"\(fromKey)\""
                )
            }
            let agents = agents.value
            let id = named ?? parameters.sessionAgent ?? agents.defaultID
            guard agents.named(id) != nil else {
                throw ProtocolError(.invalidRequest, "unknown agent id \"\(id)\"")
            }
            let configured = configured(agent: id, in: configuration.value)
            let name = (configured?["identity"]?["name"] ?? configured?["name"])?.string ?? "Assistant"
            let avatar =
                (configured?["identity"]?["avatar"] ?? configured?["identity"]?["emoji"])?.string
                ?? name.first.map(String.init) ?? "A"
            return ["agentId": .string(id), "name": .string(name), "avatar": .string(avatar)]
        }
    }

    private var models: Method {
        Method.immediate(
            "models.list", .scope(.read),
            "The models that can be asked: those of the configured services, and those that agents have of programs.",
            NoParameters.schema,
            answer: .object(
                Field(
                    required: "models",
                    .list(
                        of: .object(
                            Field(required: "id", .string, "Its id."), Field(required: "name", .string, "Its name."),
                            Field(required: "provider", .string, "Whose it is."),
                            Field("contextWindow", .integer(1...), "How much it can take in, in tokens."),
                            Field("reasoning", .boolean, "Whether it reasons."))), "The models."))
        ) { _, _ in
            let models = agents.value.models.map { model -> JSON in
                let id = model.name.model ?? model.name.provider
                var object: JSONObject = [
                    "id": .string(id), "name": .string(model.title ?? id), "provider": .string(model.name.provider),
                ]
                object["contextWindow"] = model.contextWindow.map(JSON.integer)
                object["reasoning"] = model.isReasoning.map(JSON.bool)
                return .object(object)
            }
            return ["models": .array(models)]
        }
    }

    private var modelStatus: Method {
        Method.immediate(
            "models.status", .scope(.read),
            "What each agent is answered by: its models in the order in which they are asked, where the services are, where "
                + "their keys come from, and which models rest because they failed. No key is told.",
            NoParameters.schema,
            answer: .object(
                Field(
                    required: "agents",
                    .list(
                        of: .object(
                            Field(required: "id", .string, "The agent."),
                            Field(required: "isDefault", .boolean, "Whether it answers when none is named."),
                            Field(required: "models", .list(of: Self.candidate), "Its models."))), "The agents."),
                Field(required: "faults", .array(of: .string), "What is wrong with the services, a sentence each."))
        ) { _, _ in ModelReport(configuration.value, providers: agents.value.providers).json }
    }

    private static let candidate = Shape.object(
        Field(required: "model", .string, "The model, as `provider/model`."),
        Field(required: "kind", .string, "What provides it: `service`, `program`, `operator` or `unknown`."),
        Field("address", .string, "Where the service is."), Field("command", .string, "The program."),
        Field(
            "key",
            .object(
                Field(
                    required: "source", .string,
                    "Where the service's key comes from: `none`, `configuration`, `included`, `variable` or `file`."),
                Field("variables", .array(of: .string), "Which variables it is taken from."),
                Field("path", .string, "The file it is in."),
                Field("isSet", .boolean, "Whether there is one.")), "The service's key."),
        Field("restingUntilMs", .integer, "Until when others are asked before it, in milliseconds since 1970."),
        Field("fault", .string, "Why it cannot be asked."))

    private struct TestParameters {
        var model: String?
        var time: TimeSpan

        static let schema = Schema(
            Field("model", .nonEmptyString, "The model; left out, the first of the agent that answers by default."),
            Field(
                "timeoutMs", .milliseconds(TimeSpan(1, .seconds)...TimeSpan(10, .minutes)),
                default: TimeSpan(60, .seconds), "How long it may take."), as: TestParameters.init)
    }

    private var modelTest: Method {
        Method.awaiting(
            "models.test", .scope(.write),
            "Asks a model one short question, once, and tells what came of it. That costs what it costs.",
            TestParameters.schema,
            answer: .object(
                Field(required: "model", .string, "Who was asked, as `provider/model`."),
                Field(required: "text", .string, "What was answered."),
                Field(required: "durationMs", .integer(0...), "How long that took."),
                Field("usage", .anyObject, "What it took, and cost where prices are known."))
        ) { _, parameters in
            let agents = agents.value
            guard let agent = agents.named(agents.defaultID),
                let name = parameters.model.map(ModelName.init) ?? agent.models.first, !name.isOperator
            else {
                throw ProtocolError(
                    .invalidRequest,
                    "the operator answers for the agent \"\(agents.defaultID)\", and there is no model to test; choose one "
                        + "with `mazelclaw models set`, or name one")
            }
            let candidates = try agents.responders(for: [name], operator: ownResponder)
            guard let (responder, model) = candidates.first else {
                throw ProtocolError(.unavailable, "nobody is there to answer")
            }
            var turn = Turn(
                runID: "", agent: agent, sessionKey: "agent:\(agent.id):models-test", sessionID: UUIDText.random(),
                message: "Answer with the word ready, and nothing else.", model: model, time: parameters.time)
            turn.isTrial = true
            let start = clock.now
            do {
                let reply = try await responder.answer(turn) { _ in }
                var object: JSONObject = [
                    "model": .string([responder.id, reply.model ?? model].compactMap(\.self).joined(separator: "/")),
                    "text": .string(redactor.redacted(reply.text)), "durationMs": clock.now.since(start).json,
                ]
                object["usage"] = reply.usage?.json
                return .object(object)
            } catch let error as any ResponderError {
                throw ProtocolError(.unavailable, redactor.redacted("\(error)"))
            }
        }
    }

    /// What `configuration` says of the agent `id`; nil when it lists no such agent.
    private func configured(agent id: String, in configuration: GatewayConfiguration) -> JSON? {
        configuration.file?.root["agents"]?["list"]?.array?.first { $0["id"]?.string?.lowercased() == id }
    }
}
