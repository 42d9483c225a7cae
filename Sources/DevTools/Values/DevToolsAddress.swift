import Text

/// Where a browser's DevTools are: `http://127.0.0.1:9222`, or `wss://USER:PASSWORD@host/devtools/browser/…`.
package struct DevToolsAddress: Equatable, Sendable {
    /// What is spoken first.
    package enum Scheme: String, Sendable {
        /// Asked at /json/version where the WebSocket is.
        case http
        /// The same over TLS.
        case https
        /// The WebSocket itself.
        case ws
        /// The same over TLS.
        case wss

        /// Whether all that is said is encrypted, and the other end must show who it is.
        package var isSecure: Bool { self == .https || self == .wss }
        /// Whether it is the WebSocket itself.
        package var isWebSocket: Bool { self == .ws || self == .wss }
        /// The port of an address that names none.
        var port: UInt16 { isSecure ? 443 : 80 }
    }

    /// What is spoken there.
    package var scheme: Scheme
    /// A name or an address, an IPv6 one without its brackets.
    package var host: String
    /// From 1 to 65535.
    package var port: UInt16
    /// The path and the query, beginning with `/`.
    package var target: String
    /// What lets us in there, as it stands in the header field Authorization; nil when nothing is said of that.
    package var authorization: String?

    /// The address `scheme://host:port` followed by `target`, which begins with `/`.
    package init(
        scheme: Scheme, host: String, port: UInt16, target: String = "/", authorization: String? = nil
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
        self.authorization = authorization
    }

    /// Reads an address. Throws `DevToolsError.notDevTools` with what is wrong.
    package init(_ text: String) throws(DevToolsError) {
        guard let mark = text.firstRange(of: "://") else { throw Self.wrong(text, "it begins with no scheme") }
        let name = text[..<mark.lowerBound].lowercased()
        guard let scheme = Scheme(rawValue: name) else {
            throw Self.wrong(text, "use http, https, ws or wss")
        }
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var authority = rest[..<end]
        var authorization: String?
        if let mark = authority.lastIndex(of: "@") {
            guard let credentials = PercentEncoding.decoded(authority[..<mark]) else {
                throw Self.wrong(text, "its user name or password is not written in percent encoding")
            }
            authorization = Self.basic(credentials)
            authority = authority[authority.index(after: mark)...]
        }
        var target = String(rest[end...].prefix { $0 != "#" })
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.wrong(text, "it holds a character that must be written in percent encoding")
        }
        if !target.hasPrefix("/") { target = "/" + target }
        let (host, port) = try Self.split(authority, of: text)
        self.init(
            scheme: scheme, host: host, port: port ?? scheme.port, target: target, authorization: authorization)
    }

    /// `USER:PASSWORD` as RFC 7617 has them sent.
    private static func basic(_ credentials: String) -> String {
        let all = credentials.contains(":") ? credentials : "\(credentials):"
        return "Basic \(Base64.text(all.utf8))"
    }

    private static func split(
        _ authority: Substring, of text: String
    ) throws(DevToolsError) -> (host: String, port: UInt16?) {
        var host = authority
        var tail = authority[authority.endIndex...]
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw wrong(text, "a bracket is missing") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            tail = authority[authority.index(after: end)...]
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            tail = authority[colon...]
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw wrong(text, "it names no host")
        }
        guard !tail.isEmpty else { return (String(host), nil) }
        guard tail.hasPrefix(":"), let port = UInt16(tail.dropFirst()), port > 0 else {
            throw wrong(text, "its port is no number from 1 to 65535")
        }
        return (String(host), port)
    }

    private static func wrong(_ text: String, _ reason: String) -> DevToolsError {
        // What stands before the host, and a query, may hold secrets.
        let shown = text.prefix { $0 != "?" }
        let start = shown.firstRange(of: "://")?.upperBound ?? shown.startIndex
        let end = shown[start...].firstIndex(of: "/") ?? shown.endIndex
        let host = shown[start..<end].lastIndex(of: "@").map { shown.index(after: $0) } ?? start
        return .notDevTools(String(shown[..<start] + shown[host...]), reason: reason)
    }

    /// Host and port as they stand in a URL and in the header field Host.
    package var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

extension DevToolsAddress: CustomStringConvertible {
    /// The address without what may be secret: its query, and what lets us in.
    package var description: String { "\(scheme.rawValue)://\(authority)\(target.prefix { $0 != "?" })" }
}
