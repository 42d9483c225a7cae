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
    /// Chosen by the client; never empty.
    public var id: String
    /// The method; never empty.
    public var method: String
    /// The method's parameters.
    public var params: JSON?

    /// A request.
    public init(id: String, method: String, params: JSON? = nil) {
        self.id = id
        self.method = method
        self.params = params
    }

    /// Reads a request. Throws `ProtocolError` that lists what is wrong.
    public init(_ json: JSON) throws(ProtocolError) {
        var reader = ParameterReader(json, required: ["type", "id", "method"], optional: ["params"])
        reader.constant("type", "req")
        let id = reader.nonEmptyString("id")
        let method = reader.nonEmptyString("method")
        guard reader.faults.isEmpty, let id, let method else { throw .invalidFrame("request", reader) }
        self.init(id: id, method: method, params: reader.value("params"))
    }

    /// The frame as JSON.
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
        var reader = ParameterReader(json, required: ["type", "id", "ok"], optional: ["payload", "error"])
        reader.constant("type", "res")
        let id = reader.nonEmptyString("id")
        guard reader.faults.isEmpty, let id, let ok = reader.value("ok")?.bool else {
            throw .invalidFrame("response", reader)
        }
        if ok {
            self.init(id: id, result: .success(reader.value("payload")))
        } else {
            guard let error = reader.value("error").flatMap(ProtocolError.init) else {
                throw .invalidFrame("response", reader)
            }
            self.init(id: id, result: .failure(error))
        }
    }

    /// The frame as JSON.
    public var json: JSON {
        var object = JSONObject()
        object["type"] = "res"
        object["id"] = .string(id)
        switch result {
        case .success(let payload):
            object["ok"] = true
            object["payload"] = payload
        case .failure(let error):
            object["ok"] = false
            object["error"] = error.json
        }
        return .object(object)
    }
}

/// Something the gateway tells without being asked.
public struct EventFrame: Equatable, Sendable {
    /// The event's name.
    public var event: String
    /// What it carries.
    public var payload: JSON?
    /// Counts the events sent to one client, from 1. A client that misses one number has missed an event.
    public var sequence: Int64?
    /// Versions of the state that presence and health events change.
    public var stateVersion: StateVersion?

    /// An event.
    public init(event: String, payload: JSON? = nil, sequence: Int64? = nil, stateVersion: StateVersion? = nil) {
        self.event = event
        self.payload = payload
        self.sequence = sequence
        self.stateVersion = stateVersion
    }

    /// Reads an event. Throws `ProtocolError` that lists what is wrong.
    public init(_ json: JSON) throws(ProtocolError) {
        var reader = ParameterReader(
            json, required: ["type", "event"], optional: ["payload", "seq", "stateVersion"])
        reader.constant("type", "event")
        let event = reader.nonEmptyString("event")
        let sequence = reader.integer("seq", atLeast: 0)
        guard reader.faults.isEmpty, let event else { throw .invalidFrame("event", reader) }
        self.init(
            event: event, payload: reader.value("payload"), sequence: sequence,
            stateVersion: reader.value("stateVersion").flatMap(StateVersion.init))
    }

    /// The frame as JSON.
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
    /// Presence.
    public var presence: Int64
    /// Health.
    public var health: Int64

    /// Both counters.
    public init(presence: Int64, health: Int64) {
        self.presence = presence
        self.health = health
    }

    /// Reads the pair; nil when it is none.
    public init?(_ json: JSON) {
        guard let presence = json["presence"]?.integer, let health = json["health"]?.integer else { return nil }
        self.init(presence: presence, health: health)
    }

    /// The pair as JSON.
    public var json: JSON { ["presence": .integer(presence), "health": .integer(health)] }
}

extension ProtocolError {
    fileprivate static func invalidFrame(_ kind: String, _ reader: ParameterReader) -> ProtocolError {
        ProtocolError(.invalidRequest, reader.faultText ?? "not a \(kind) frame")
    }
}
