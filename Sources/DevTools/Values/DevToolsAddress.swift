/// Where a browser's DevTools are: `http://127.0.0.1:9222`, or `ws://127.0.0.1:9222/devtools/browser/…`.
package struct DevToolsAddress: Equatable, Sendable {
    /// What is spoken first.
    package enum Scheme: String, Sendable {
        /// Asked at /json/version where the WebSocket is.
        case http
        /// The WebSocket itself.
        case ws
    }

    /// What is spoken there.
    package var scheme: Scheme
    /// A name or an address, an IPv6 one without its brackets.
    package var host: String
    /// From 1 to 65535.
    package var port: UInt16
    /// The path and the query, beginning with `/`.
    package var target: String

    /// The address `scheme://host:port` followed by `target`, which begins with `/`.
    package init(scheme: Scheme, host: String, port: UInt16, target: String = "/") {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
    }

    /// Reads an address. Throws `DevToolsError.notDevTools` with what is wrong.
    package init(_ text: String) throws(DevToolsError) {
        guard let mark = text.firstRange(of: "://") else { throw Self.wrong(text, "it begins with no scheme") }
        let name = text[..<mark.lowerBound].lowercased()
        guard let scheme = Scheme(rawValue: name) else {
            throw Self.wrong(
                text, ["https", "wss"].contains(name) ? "this version speaks no TLS to browsers" : "use http or ws")
        }
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@") else { throw Self.wrong(text, "a user name in the address is not sent") }
        var target = String(rest[end...].prefix { $0 != "#" })
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.wrong(text, "it holds a character that must be written in percent encoding")
        }
        if !target.hasPrefix("/") { target = "/" + target }
        let (host, port) = try Self.split(authority, of: text)
        self.init(scheme: scheme, host: host, port: port ?? 80, target: target)
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
        .notDevTools(text, reason: reason)
    }

    /// Host and port as they stand in a URL and in the header field Host.
    package var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

extension DevToolsAddress: CustomStringConvertible {
    /// The address without its query, which may hold a secret.
    package var description: String { "\(scheme.rawValue)://\(authority)\(target.prefix { $0 != "?" })" }
}
