import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// The methods that tell who answers, with which model, and on which channels.
struct AgentMethods: Sendable {
    let configuration: Current<GatewayConfiguration>
    let agents: Current<AgentDirectory>
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Agents, models, channels", "Who answers, with which model, and where messages come from.",
            [list, identity, models, channels])
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

    private struct ChannelsParameters {
        var probe: Bool?
        var timeout: Int64?

        static let schema = Schema(
            Field("probe", .boolean, "Ask the services as well."),
            Field("timeoutMs", .integer(0...), "How long to wait for them."), as: ChannelsParameters.init)
    }

    private var channels: Method {
        Method.immediate(
            "channels.status", .scope(.read), "The messaging services. This version has none.",
            ChannelsParameters.schema,
            answer: .object(
                Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970."),
                Field(required: "channelOrder", .array(of: .string), "The services, in the order to show them."),
                Field(required: "channelLabels", .record(of: .string), "Their names."),
                Field(required: "channelDetailLabels", .record(of: .string), "Their long names."),
                Field(required: "channelSystemImages", .record(of: .string), "Their symbols."),
                Field(required: "channelMeta", .list(of: .anyObject), "The same for each service."),
                Field(required: "channels", .record(of: .anyObject), "How each is."),
                Field(required: "channelAccounts", .record(of: .list(of: .anyObject)), "How each of its accounts is."),
                Field(
                    required: "channelDefaultAccountId", .record(of: .string), "The account each uses if none is named."
                ))
        ) { _, _ in
            [
                "ts": .integer(clock.milliseconds), "channelOrder": [], "channelLabels": [:],
                "channelDetailLabels": [:], "channelSystemImages": [:], "channelMeta": [], "channels": [:],
                "channelAccounts": [:], "channelDefaultAccountId": [:],
            ]
        }
    }

    /// What `configuration` says of the agent `id`; nil when it lists no such agent.
    private func configured(agent id: String, in configuration: GatewayConfiguration) -> JSON? {
        configuration.file?.root["agents"]?["list"]?.array?.first { $0["id"]?.string?.lowercased() == id }
    }
}
