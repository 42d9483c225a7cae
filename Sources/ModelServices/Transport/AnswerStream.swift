import JSON

/// Reads the body of a service's answer, whatever of the three it is: a stream of events, one JSON text, or a web page in
/// their place.
struct AnswerStream {
    private enum Form {
        case unknown
        case events
        case whole
    }

    private(set) var reader: any AnswerReader
    private let limits: ServiceLimits
    private var form = Form.unknown
    private var events: ServerSentEventReader
    private var whole: [UInt8] = []
    private var length = 0
    private var hasEnd = false

    init(_ reader: any AnswerReader, limits: ServiceLimits) {
        self.reader = reader
        self.limits = limits
        events = ServerSentEventReader(limit: limits.eventLength)
    }

    /// Whether the answer is whole, and nothing that follows is needed.
    var isEnded: Bool { hasEnd }
    /// Whether the answer is whole as far as the service said. Its count of tokens may follow.
    var isOver: Bool { hasEnd || reader.isOver }

    /// What is to be told and was not told yet.
    mutating func takeEvents() -> [ModelEvent] { reader.builder.takeEvents() }

    /// Takes in what came. Throws `ModelFailure`.
    mutating func take(_ bytes: [UInt8]) throws(ModelFailure) {
        length += bytes.count
        guard length <= limits.answerLength else {
            throw ModelFailure.tooLong("an answer of more than \(limits.answerLength) bytes")
        }
        if case .unknown = form { form = try Self.form(bytes) }
        switch form {
        case .unknown: break
        case .whole:
            guard whole.count + bytes.count <= limits.eventLength else {
                whole = []
                throw ModelFailure.tooLong("an answer of more than \(limits.eventLength) bytes in one piece")
            }
            whole += bytes
        case .events:
            for event in try events.take(bytes) where !hasEnd { try read(event) }
        }
    }

    /// The answer, now that nothing more comes. Throws `ModelFailure` when it is not whole.
    mutating func finish() throws(ModelFailure) -> ModelAnswer {
        switch form {
        case .unknown: throw ModelFailure(.truncated, "the service sent nothing")
        case .whole:
            let json: JSON
            do throws(JSONError) {
                json = try JSON(parsing: whole)
            } catch {
                throw ModelFailure(.truncated, "the service sent invalid JSON: \(error)")
            }
            try reader.read(whole: json)
        case .events:
            if !hasEnd, let rest = try events.finish() {
                do throws(ModelFailure) {
                    try read(rest)
                } catch  where !isOver && error.kind == .malformed {
                    throw .brokenOff
                }
            }
            guard isOver else { throw .brokenOff }
        }
        return try reader.builder.finish()
    }

    private mutating func read(_ event: ServerSentEvent) throws(ModelFailure) {
        guard !event.isEnd else {
            guard reader.isOver || !reader.builder.isEmpty else {
                throw ModelFailure(.truncated, "the service ended the stream without an answer")
            }
            return hasEnd = true
        }
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: event.data)
        } catch {
            throw ModelFailure(.malformed, "the service sent an event that is no JSON: \(error)")
        }
        try reader.read(json)
    }

    /// What `bytes`, the first that came, are the beginning of. Throws `ModelFailure` for a web page.
    private static func form(_ bytes: [UInt8]) throws(ModelFailure) -> Form {
        switch bytes.first(where: { $0 > UInt8(ascii: " ") }) {
        case nil: .unknown
        case UInt8(ascii: "{"): .whole
        case UInt8(ascii: "<"):
            throw ModelFailure(
                .malformed, "a web page came instead of an answer; check baseUrl, which may lack its path (such as /v1)"
            )
        default: .events
        }
    }
}

extension ModelFailure {
    /// The stream ended before the answer did.
    fileprivate static let brokenOff = ModelFailure(.truncated, "the service's stream ended before the answer did")
}
