import Configuration
import GatewayProtocol
import JSON
import Time

/// What a job does.
enum CronPayload: Sendable, Equatable {
    /// What an agent is asked, and where its answer goes.
    struct Turn: Sendable, Equatable {
        var message: String
        var model: String?
        var thinking: String?
        var time: TimeSpan?
        var deliver: Bool?
        var channel: String?
        var to: String?
        var bestEffortDeliver: Bool?
    }

    /// A session is told `text`.
    case systemEvent(String)
    case agentTurn(Turn)
}

extension CronPayload {
    /// What is to be otherwise: what is nil stays as it is.
    enum Patch: Sendable {
        case systemEvent(String?)
        case agentTurn(message: String?, Turn)
    }

    /// Throws `ProtocolError` when another kind is asked for and something that kind needs is missing.
    mutating func apply(_ patch: Patch) throws(ProtocolError) {
        switch (patch, self) {
        case (.systemEvent(let text?), _): self = .systemEvent(text)
        case (.systemEvent(nil), .systemEvent): break
        case (.systemEvent(nil), .agentTurn):
            throw ProtocolError(.invalidRequest, "payload.text: needed for payload.kind=\"systemEvent\"")
        case (.agentTurn(let message, let new), .agentTurn(var turn)):
            turn.message = message ?? turn.message
            turn.model = new.model ?? turn.model
            turn.thinking = new.thinking ?? turn.thinking
            turn.time = new.time ?? turn.time
            turn.deliver = new.deliver ?? turn.deliver
            turn.channel = new.channel ?? turn.channel
            turn.to = new.to ?? turn.to
            turn.bestEffortDeliver = new.bestEffortDeliver ?? turn.bestEffortDeliver
            self = .agentTurn(turn)
        case (.agentTurn(_?, let turn), .systemEvent): self = .agentTurn(turn)
        case (.agentTurn(nil, _), .systemEvent):
            throw ProtocolError(.invalidRequest, "payload.message: needed for payload.kind=\"agentTurn\"")
        }
    }
}

extension CronPayload.Turn {
    /// What stands in place of a service where the answer goes to wherever the agent was last written to from.
    static let last = "last"

    /// Throws `ProtocolError` when its answer is to be sent to where this version sends nothing.
    func requireDeliverable() throws(ProtocolError) {
        guard deliver == true, bestEffortDeliver != true, let channel, channel != Self.last else { return }
        guard ChannelsSection.served.contains(channel.lowercased()) else {
            let known = ChannelsSection.served.joined(separator: ", ")
            throw ProtocolError(
                .invalidRequest,
                "payload.channel: this version connects to \(known), and not to \"\(channel)\"; name one it connects to, or set "
                    + "payload.bestEffortDeliver")
        }
        guard to != nil else {
            throw ProtocolError(.invalidRequest, "payload.to: needed where payload.channel names a service")
        }
    }
}

// MARK: JSON

extension CronPayload {
    var json: JSON {
        switch self {
        case .systemEvent(let text): return ["kind": "systemEvent", "text": .string(text)]
        case .agentTurn(let turn):
            var object: JSONObject = ["kind": "agentTurn", "message": .string(turn.message)]
            object["model"] = turn.model.map(JSON.string)
            object["thinking"] = turn.thinking.map(JSON.string)
            object["timeoutSeconds"] = turn.time.map { .integer($0.count(.seconds)) }
            object["deliver"] = turn.deliver.map(JSON.bool)
            object["channel"] = turn.channel.map(JSON.string)
            object["to"] = turn.to.map(JSON.string)
            object["bestEffortDeliver"] = turn.bestEffortDeliver.map(JSON.bool)
            return .object(object)
        }
    }
}

/// The members that a payload and a change of one have in common.
private enum PayloadField {
    static let systemEvent = Field(
        required: "kind", Shape.constant("systemEvent", true), "The main session is told something.")
    static let agentTurn = Field(required: "kind", Shape.constant("agentTurn", true), "An agent is asked something.")
    static let model = Field("model", Shape.string, "With which model.")
    static let thinking = Field("thinking", Shape.string, "How hard it thinks; for those that can be told.")
    static let timeout = Field(
        "timeoutSeconds", Shape.seconds(TimeSpan(1, .seconds) ... .longestWait), "How long it may take.")
    static let deliver = Field(
        "deliver", Shape.boolean, "Whether its answer is sent through a messaging service.")
    static let channel = Field(
        "channel", Shape.nonEmptyString,
        "Through which messaging service. Without one, or with `last`, to where the agent was last written to from.")
    static let to = Field("to", Shape.string, "To whom, or where, as the service calls it.")
    static let bestEffort = Field(
        "bestEffortDeliver", Shape.boolean, "Whether it is no fault when the answer cannot be sent.")
}

extension Shape where Value == CronPayload {
    /// One of two kinds, told apart by `kind`.
    static let cronPayload = Shape.anyOf([systemEvent, agentTurn])

    /// The same, of which only what is wrong with the kind it is of is told.
    static let keptCronPayload = Shape.kinds([("systemEvent", systemEvent), ("agentTurn", agentTurn)])

    private static let systemEvent = Shape.object(
        Schema(
            PayloadField.systemEvent, Field(required: "text", .nonEmptyString, "What it is told."),
            as: { .systemEvent($1) }))
    private static let agentTurn = Shape.object(
        Schema(
            PayloadField.agentTurn, Field(required: "message", .nonEmptyString, "What it is asked."),
            PayloadField.model, PayloadField.thinking, PayloadField.timeout, PayloadField.deliver,
            PayloadField.channel, PayloadField.to, PayloadField.bestEffort,
            as: {
                .agentTurn(
                    CronPayload.Turn(
                        message: $1, model: $2, thinking: $3, time: $4, deliver: $5, channel: $6, to: $7,
                        bestEffortDeliver: $8))
            }))
}

extension Shape where Value == CronPayload.Patch {
    /// The same, with nothing needed but `kind`.
    static let cronPayloadPatch = Shape.anyOf([
        .object(
            Schema(
                PayloadField.systemEvent, Field("text", .nonEmptyString, "What it is told."),
                as: { .systemEvent($1) })),
        .object(
            Schema(
                PayloadField.agentTurn, Field("message", .nonEmptyString, "What it is asked."), PayloadField.model,
                PayloadField.thinking, PayloadField.timeout, PayloadField.deliver, PayloadField.channel,
                PayloadField.to, PayloadField.bestEffort,
                as: {
                    .agentTurn(
                        message: $1,
                        CronPayload.Turn(
                            message: $1 ?? "", model: $2, thinking: $3, time: $4, deliver: $5, channel: $6,
                            to: $7, bestEffortDeliver: $8))
                })),
    ])
}
