public import JSON

/// A failure as a response frame carries it.
public struct ProtocolError: Error, Equatable, Sendable {
    /// The code that the protocol has for it, by which clients tell what to do.
    public var code: ErrorCode
    /// One sentence, part of the protocol where clients match on it.
    public var message: String
    /// More, for programs.
    public var details: JSON?
    /// Whether the same request may succeed later.
    public var isRetryable: Bool?
    /// When, in milliseconds.
    public var retryAfter: Int64?

    /// A failure.
    public init(
        _ code: ErrorCode, _ message: String, details: JSON? = nil, isRetryable: Bool? = nil, retryAfter: Int64? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.isRetryable = isRetryable
        self.retryAfter = retryAfter
    }

    /// The `error` member of a response.
    public var json: JSON {
        var object = JSONObject()
        object["code"] = .string(code.rawValue)
        object["message"] = .string(message)
        object["details"] = details
        object["retryable"] = isRetryable.map(JSON.bool)
        object["retryAfterMs"] = retryAfter.map(JSON.integer)
        return .object(object)
    }
}

extension ProtocolError {
    /// What is answered to a key of a session that nobody would type.
    package static let sessionKeyTooLong = ProtocolError(
        .invalidRequest, "the session's key is longer than \(ProtocolLimits.sessionKeyCharacters) characters")
}

extension Shape where Value == ProtocolError {
    /// The `error` member of a response.
    package static let error = Shape.object(
        Schema(
            Field(required: "code", Shape<ErrorCode>.word, "What kind of failure."),
            Field(required: "message", .string, "One sentence."),
            Field("details", .any, "More, for programs."),
            Field("retryable", .boolean, "Whether the same request may succeed later."),
            Field("retryAfterMs", .integer(0...), "When, in milliseconds."),
            as: { ProtocolError($0, $1, details: $2, isRetryable: $3, retryAfter: $4) }))
}
