import JSON
import Text
import Time

/// What a service tells of a failure, in any of the forms there are.
struct ServiceFault: Equatable {
    /// What it says, on one line.
    var message: String
    /// Its words for the kind of failure, in lower case.
    var codes: [String]
    /// A status that stands in the text itself.
    var status: Int?

    /// What `json` tells; nil when it tells of no failure.
    init?(_ json: JSON) {
        let error = json["error"] ?? .null
        let detail = json["detail"]
        switch error {
        case .string(let text): message = text
        case .object: message = error["message"]?.string ?? error["detail"]?.string ?? ""
        case .null, .bool, .integer, .double, .array:
            // As FastAPI writes it, as older vLLM does, and as the event `error` of Responses has it.
            guard json["object"]?.string == "error" || json["type"]?.string == "error" || detail != nil else {
                return nil
            }
            message = json["message"]?.string ?? detail?.string ?? detail?.text() ?? ""
        }
        message = Self.plain(message)
        let places = error.object == nil ? json : error
        codes = [places["code"]?.string, places["type"]?.string, places["status"]?.string].compactMap {
            $0?.lowercased()
        }
        status = (places["code"]?.integer ?? places["status"]?.integer).flatMap {
            (400...599).contains($0) ? Int($0) : nil
        }
    }

    /// A fault told in plain text.
    init(text: String) {
        message = Self.plain(text)
        codes = []
        status = nil
    }

    /// Throws what `json` tells of a failure.
    static func check(_ json: JSON) throws(ModelFailure) {
        guard let error = json["error"], error != .null else { return }
        throw ServiceFault(json)?.failure() ?? ModelFailure(.broken, "the service failed, and does not say why")
    }

    /// `text` on one line. It is cut only after the key was taken out of it; see `ModelClient`.
    static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
            .trimmed
    }

    /// The failure it tells of, which came with this HTTP status.
    func failure(status: Int? = nil, retryAfter: TimeSpan? = nil) -> ModelFailure {
        let kind = kind(status: status ?? self.status)
        let said = message.isEmpty ? "" : ": \(message)"
        let number = status.map { " (HTTP status \($0))" } ?? ""
        let text =
            switch kind {
            case .unauthorized: "the service does not accept the key\(number)\(said)"
            case .exhausted: "there is no credit or quota left at the service\(number)\(said)"
            case .rateLimited: "the service was asked too much in too short a time\(number)\(said)"
            case .overloaded: "the service has too much to do\(number)\(said)"
            case .notFound: "the service knows no such model or path\(number)\(said)"
            case .contextOverflow: "the conversation is longer than the model takes\(number)\(said)"
            case .rejected: "the service does not take the request\(number)\(said)"
            case .withheld: "the service withheld the answer\(number)\(said)"
            case .timeout: "the service gave up waiting\(number)\(said)"
            case .unreachable, .untrusted, .broken, .redirected, .malformed, .truncated, .tooLong, .aborted:
                "the service failed\(number)\(said)"
            }
        let again = retryAfter.map { "; it asks to be left alone for \($0)" } ?? ""
        return ModelFailure(kind, text + again, status: status, retryAfter: retryAfter)
    }

    private func kind(status: Int?) -> ModelFailure.Kind {
        if isContextOverflow { return .contextOverflow }
        if has("insufficient_quota", "billing", "credit", "quota_exceeded") { return .exhausted }
        switch status {
        case 401, 403: return .unauthorized
        case 402: return .exhausted
        case 404, 405: return .notFound
        case 408, 504: return .timeout
        case 413: return .contextOverflow
        case 429: return .rateLimited
        case 503, 529: return .overloaded
        case let status? where status >= 500: return .broken
        default: break
        }
        if has("overloaded", "unavailable") { return .overloaded }
        if has("rate_limit", "too_many_requests", "resource_exhausted") { return .rateLimited }
        if has("authentication", "permission", "invalid_api_key") { return .unauthorized }
        if has("not_found") { return .notFound }
        if has("timeout") { return .timeout }
        if has("content_policy", "content_filter", "safety") { return .withheld }
        if has("invalid_request", "bad_request", "invalid_argument") { return .rejected }
        return status == nil ? .broken : .rejected
    }

    private func has(_ words: String...) -> Bool {
        codes.contains { code in words.contains { code.contains($0) } }
    }

    /// Words in which services say that a conversation is too long. Few have a code of their own for it.
    private static let overflowWords = [
        "prompt is too long", "maximum context length", "exceeds the context window", "exceeds the available context",
        "context length exceeded", "context window exceeded", "exceeds the maximum number of tokens",
        "input is too long", "input length and `max_tokens` exceed", "reduce the length of the messages",
        "maximum prompt length", "greater than the context length", "context size has been exceeded",
    ]

    private var isContextOverflow: Bool {
        if has("context_length_exceeded", "exceed_context_size", "request_too_large") { return true }
        let text = message.lowercased()
        return Self.overflowWords.contains { text.contains($0) }
    }
}

extension ModelFailure {
    /// What came is no answer of the format: it lacks `expected`.
    static func malformed(expected: String) -> ModelFailure {
        ModelFailure(
            .malformed,
            "what the service sent is no answer of this wire format: it lacks \(expected); check baseUrl and api")
    }
}
