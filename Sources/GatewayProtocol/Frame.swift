public import JSON

/// One message of the protocol: a JSON object whose `type` says which of three it is.
public enum Frame: Equatable, Sendable {
    case request(RequestFrame)
    case response(ResponseFrame)
    case event(EventFrame)

    /// The frame as JSON. Absent members are left out, never null.
    public var json: JSON {
        switch self {
        case .request(let frame): frame.json
        case .response(let frame): frame.json
        case .event(let frame): frame.json
        }
    }

    /// The frame as UTF-8 text.
    public var text: [UInt8] { json.serialized() }

    /// Reads a frame of any kind. Throws `ProtocolError` that lists what is wrong.
    public init(_ json: JSON) throws(ProtocolError) {
        switch json["type"]?.string {
        case "res": self = .response(try ResponseFrame(json))
        case "event": self = .event(try EventFrame(json))
        default: self = .request(try RequestFrame(json))
        }
    }
}

/// A request: a method to be called and an id its answer will carry.
public struct RequestFrame: Equatable, Sendable {
    /// Chosen by the client; 1 to 256 characters.
    public var id: String
    /// The method; 1 to 256 characters.
    public var method: String
    /// The method's parameters.
    public var params: JSON?

    /// A request whose answer bears `id`, which the client chooses.
    public init(id: String, method: String, params: JSON? = nil) {
        self.id = id
        self.method = method
        self.params = params
    }

    /// Reads a request. Throws `ProtocolError` that lists what is wrong.
    public init(_ json: JSON) throws(ProtocolError) {
        if let plain = Self(plain: json) {
            self = plain
        } else {
            self = try Self.schema.frame(json)
        }
    }

    /// A request as it should be, its members in any order, read in one pass; nil for anything else, of which the
    /// description says what is wrong.
    private init?(plain json: JSON) {
        guard let members = json.object?.members, members.count <= 4 else { return nil }
        var (isRequest, id, method) = (false, nil as String?, nil as String?)
        for member in members {
            switch (member.name, member.value) {
            case ("type", "req"): isRequest = true
            case ("id", .string(let text)) where Self.isName(text): id = text
            case ("method", .string(let text)) where Self.isName(text): method = text
            case ("params", let value): params = value
            default: return nil
            }
        }
        guard isRequest, let id, let method else { return nil }
        self.id = id
        self.method = method
    }

    /// Whether nothing needs to be counted to see that `text` is neither empty nor too long.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= ProtocolLimits.nameCharacters
    }

    private static let name = Shape.string(1...ProtocolLimits.nameCharacters)
    private static let schema = Schema(
        Field(required: "type", .constant("req", Kind()), "What kind of frame this is."),
        Field(required: "id", name, "Chosen by the client; the answer carries it."),
        Field(required: "method", name, "What is asked for."),
        Field("params", .any, "The method's parameters."),
        as: { RequestFrame(id: $1, method: $2, params: $3) })

    /// The frame as it goes over the wire, with `type` `req`.
    public var json: JSON {
        var object = JSONObject()
        object["type"] = "req"
        object["id"] = .string(id)
        object["method"] = .string(method)
        object["params"] = params
        return .object(object)
    }
}

/// The answer to a request.
public struct ResponseFrame: Equatable, Sendable {
    /// The request's id.
    public var id: String
    /// What came of it: a payload, which may be absent, or an error.
    public var result: Result<JSON?, ProtocolError>

    /// An answer.
    public init(id: String, result: Result<JSON?, ProtocolError>) {
        self.id = id
        self.result = result
    }

    /// Reads an answer. Throws `ProtocolError` that lists what is wrong.
    public init(_ json: JSON) throws(ProtocolError) {
        self = try Self.schema.frame(json)
    }

    private static let schema = Schema(
        Field(required: "type", .constant("res", Kind()), "What kind of frame this is."),
        Field(required: "id", .nonEmptyString, "The request's id."),
        Field(required: "ok", .boolean, "Whether it went well."),
        Field("payload", .any, "What came of it, when it went well."),
        Field("error", .error, default: ProtocolError(.unavailable, ""), "What went wrong, when it did not."),
        as: { ResponseFrame(id: $1, result: $2 ? .success($3) : .failure($4)) })

    /// The frame as it goes over the wire, with `type` `res`.
    public var json: JSON {
        var members = [
            JSONObject.Member(name: "type", value: "res"), JSONObject.Member(name: "id", value: .string(id)),
        ]
        switch result {
        case .success(let payload):
            members.append(JSONObject.Member(name: "ok", value: true))
            if let payload { members.append(JSONObject.Member(name: "payload", value: payload)) }
        case .failure(let error):
            members.append(JSONObject.Member(name: "ok", value: false))
            members.append(JSONObject.Member(name: "error", value: error.json))
        }
        return .object(JSONObject(members))
    }
}

/// Something the gateway tells without being asked.
public struct EventFrame: Equatable, Sendable {
    /// The event's name.
    public var event: String
    /// What the event tells, in the form that its name stands for; nil for nothing.
    public var payload: JSON?
    /// Counts the events sent to one client, from 1. A client that misses one number has missed an event.
    public var sequence: Int64?
    /// Versions of the state that presence and health events change.
    public var stateVersion: StateVersion?

    /// An event. It is numbered when it is sent to a client.
    public init(event: String, payload: JSON? = nil, sequence: Int64? = nil, stateVersion: StateVersion? = nil) {
        self.event = event
        self.payload = payload
        self.sequence = sequence
        self.stateVersion = stateVersion
    }

    /// Reads an event. Throws `ProtocolError` that lists what is wrong.
    public init(_ json: JSON) throws(ProtocolError) {
        self = try Self.schema.frame(json)
    }

    private static let schema = Schema(
        Field(required: "type", .constant("event", Kind()), "What kind of frame this is."),
        Field(required: "event", .nonEmptyString, "What happened."),
        Field("payload", .any, "What the event carries."),
        Field("seq", .integer(0...), "The event's number for this client."),
        Field("stateVersion", .object(StateVersion.schema), "The versions of presence and health."),
        as: { EventFrame(event: $1, payload: $2, sequence: $3, stateVersion: $4) })

    /// The frame as text for many clients, each of whom gets another number.
    package struct Text {
        private let head: [UInt8]
        private let tail: [UInt8]

        /// The text of `frame`, whose own number does not count.
        package init(_ frame: EventFrame) {
            var frame = frame
            frame.sequence = nil
            let version = frame.stateVersion?.json.serialized()
            frame.stateVersion = nil
            head = Array(frame.json.serialized().dropLast())
            tail = (version.map { Array(",\"stateVersion\":".utf8) + $0 } ?? []) + [UInt8(ascii: "}")]
        }

        /// The text with `sequence`.
        package func numbered(_ sequence: Int64) -> [UInt8] {
            var text: [UInt8] = []
            text.reserveCapacity(head.count + tail.count + 32)
            text += head
            text += ",\"seq\":\(sequence)".utf8
            text += tail
            return text
        }
    }

    /// The frame as it goes over the wire, with `type` `event`.
    public var json: JSON {
        var object = JSONObject()
        object["type"] = "event"
        object["event"] = .string(event)
        object["payload"] = payload
        object["seq"] = sequence.map(JSON.integer)
        object["stateVersion"] = stateVersion?.json
        return .object(object)
    }
}

/// Counters that grow whenever presence or health changes.
public struct StateVersion: Equatable, Sendable {
    /// How often the list of who is connected has changed.
    public var presence: Int64
    /// How often the gateway's health has changed.
    public var health: Int64

    /// Both counters.
    public init(presence: Int64, health: Int64) {
        self.presence = presence
        self.health = health
    }

    static let schema = Schema(
        Field(required: "presence", .integer(0...), "Grows whenever somebody comes or goes."),
        Field(required: "health", .integer(0...), "Grows whenever the state of health is looked at anew."),
        as: StateVersion.init)

    /// The pair as JSON.
    public var json: JSON { ["presence": .integer(presence), "health": .integer(health)] }
}

/// Stands for the member `type`, which says what the whole is.
private struct Kind: Sendable {}

extension Schema {
    fileprivate func frame(_ json: JSON) throws(ProtocolError) -> Value {
        var faults = Faults()
        guard let frame = read(json, &faults) else { throw ProtocolError(.invalidRequest, faults.text) }
        return frame
    }
}
