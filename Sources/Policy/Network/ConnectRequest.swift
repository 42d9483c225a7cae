/// What a client asks a proxy for: the head of one CONNECT request (RFC 9110, section 9.3.6; RFC 9112).
public enum ConnectRequest: Equatable, Sendable {
    /// More must come before it can be told.
    case incomplete
    /// A connection to a host; `length` bytes are the request's, and what follows is for that host.
    case connect(HostText.Destination, port: UInt16, length: Int)
    /// What is no such request, with the status that says so.
    case fault(status: Int, reason: String)

    /// The most bytes a request's head may have.
    public static let limit = 8192

    /// What `bytes`, all that was received so far, are.
    public init(_ bytes: [UInt8]) {
        guard let length = Self.headLength(bytes) else {
            self =
                bytes.count < Self.limit ? .incomplete : .fault(status: 431, reason: "the request's head is too long")
            return
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\r") }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            self = .fault(status: 400, reason: "this is no HTTP/1.1 request")
            return
        }
        guard words[0] == "CONNECT" else {
            self = .fault(status: 405, reason: "this proxy takes CONNECT alone: use https://")
            return
        }
        guard let (host, port) = HostText.split(words[1]) else {
            self = .fault(status: 400, reason: "expected HOST:PORT after CONNECT")
            return
        }
        self = .connect(host, port: port, length: length)
    }

    /// How many bytes the head has, the empty line at its end included; nil when that line is not there.
    private static func headLength(_ bytes: [UInt8]) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= end.count else { return nil }
        for start in 0...min(bytes.count, limit) - end.count where bytes[start] == end[0] {
            if bytes[start..<start + end.count].elementsEqual(end) { return start + end.count }
        }
        return nil
    }

    /// An answer that ends the connection.
    public static func refusal(status: Int, reason: String) -> [UInt8] {
        let name =
            switch status {
            case 400: "Bad Request"
            case 403: "Forbidden"
            case 405: "Method Not Allowed"
            case 408: "Request Timeout"
            case 431: "Request Header Fields Too Large"
            case 502: "Bad Gateway"
            case 503: "Service Unavailable"
            default: "Gateway Timeout"
            }
        let allow = status == 405 ? "Allow: CONNECT\r\n" : ""
        let body = "mazelclaw-run: \(reason)\n"
        return Array(
            ("HTTP/1.1 \(status) \(name)\r\n\(allow)Content-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)").utf8)
    }

    /// The answer after which all bytes are the two ends' own.
    public static var acceptance: [UInt8] { Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8) }
}
