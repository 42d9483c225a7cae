public import JSON

/// An HTTP response as an endpoint gives it: status, header fields and content. The server adds the rest.
public struct EndpointAnswer: Sendable {
    /// Takes a part of the content; returns when the other end has room for more, and throws when it is gone.
    public typealias Sink = @Sendable ([UInt8]) async throws -> Void

    /// What is sent.
    public enum Content: Sendable {
        case none
        case json(JSON)
        case text(String, type: String)
        /// Server-sent events, as they are made. Made in a task that is cancelled when the other end goes away.
        case events(@Sendable (Sink) async throws -> Void)
    }

    /// The status code (RFC 9110 section 15).
    public var status: Int
    /// Header fields, beside those every answer has.
    public var headers: [(name: String, value: String)] = []
    /// What follows the header section (RFC 9110 section 6.4).
    public var content: Content

    init(_ status: Int, headers: [(name: String, value: String)] = [], _ content: Content = .none) {
        self.status = status
        self.headers = headers
        self.content = content
    }

    /// Plain text.
    static func text(_ text: String, _ status: Int, headers: [(name: String, value: String)] = []) -> EndpointAnswer {
        EndpointAnswer(status, headers: headers, .text(text, type: "text/plain; charset=utf-8"))
    }
}
