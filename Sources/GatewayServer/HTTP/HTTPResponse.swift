import Gateway
import JSON
import NIOHTTP1

/// What is sent back.
struct HTTPResponse: Sendable {
    /// The content that follows the header.
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(FilePieces)
        /// Made while it is sent; how long it is shows at its end.
        case stream(@Sendable (EndpointAnswer.Sink) async throws -> Void)
    }

    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: Body
    /// Whether the connection ends after it: where the next request begins cannot be told for certain.
    var isLast = false

    /// `status` with `headers` and no content.
    init(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
        // No browser shall guess a type, hand the content to another site's page, or keep it.
        self.headers.add(name: "x-content-type-options", value: "nosniff")
        if !headers.contains(name: "cross-origin-resource-policy") {
            self.headers.add(name: "cross-origin-resource-policy", value: "same-origin")
        }
        self.headers.add(name: "cache-control", value: "no-store")
    }

    /// A JSON text.
    static func json(_ json: JSON, _ status: HTTPResponseStatus = .ok) -> HTTPResponse {
        HTTPResponse(status, headers: ["content-type": "application/json"], body: .bytes(json.serialized()))
    }

    /// A failure, told as JSON.
    static func error(_ status: HTTPResponseStatus, _ message: String, isLast: Bool = false) -> HTTPResponse {
        var response = json(
            ["ok": false, "error": ["type": .string(type(of: status)), "message": .string(message)]], status)
        response.isLast = isLast
        return response
    }

    /// The response that carries an endpoint's answer.
    init(_ answer: EndpointAnswer) {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        let body: Body
        switch answer.content {
        case .none: body = .none
        case .json(let json):
            headers.add(name: "content-type", value: "application/json")
            body = .bytes(json.serialized())
        case .text(let text, let type):
            headers.add(name: "content-type", value: type)
            body = .bytes(Array(text.utf8))
        case .events(let source):
            headers.add(name: "content-type", value: "text/event-stream")
            body = .stream(source)
        }
        self.init(HTTPResponseStatus(statusCode: answer.status), headers: headers, body: body)
    }

    /// The length of the content in bytes; nil when nobody knows it yet.
    var length: Int? {
        switch body {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .file(let pieces): pieces.length
        case .stream: nil
        }
    }

    /// Why it was refused, when whoever asked may not: nil for every other answer.
    var refusal: String? {
        switch status {
        case .unauthorized, .forbidden, .misdirectedRequest, .tooManyRequests: break
        default: return nil
        }
        guard case .bytes(let bytes) = body, let error = (try? JSON(parsing: bytes))?["error"] else {
            return status.reasonPhrase
        }
        return error["message"]?.string ?? error.string ?? status.reasonPhrase
    }

    private static func type(of status: HTTPResponseStatus) -> String {
        status.reasonPhrase.lowercased().split(separator: " ").joined(separator: "_")
    }
}
