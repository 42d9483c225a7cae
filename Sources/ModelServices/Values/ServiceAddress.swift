/// The address of a model service: `baseUrl` in the configuration.
public struct ServiceAddress: Hashable, Sendable {
    /// Whether TLS is spoken.
    public let isEncrypted: Bool
    /// The host as it was written; an IPv6 address in brackets. In lower case.
    public let host: String
    /// The port; nil means that of the scheme.
    public let port: Int?
    /// The path, without a slash at its end: empty, or beginning with one.
    public let path: String

    /// Why a text is no address of a service: one clause, which does not hold the text.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The clause.
        public let description: String
    }

    /// The address `text`: `http://` or `https://`, a host, perhaps a port and a path. Throws `Fault`.
    public init(_ text: String) throws(Fault) {
        guard text.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 < 0x7F }) else {
            throw Fault(description: "only characters of ASCII, and no spaces, may stand in an address")
        }
        let lower = text.lowercased()
        let scheme: String
        if lower.hasPrefix("https://") {
            (scheme, isEncrypted) = ("https://", true)
        } else if lower.hasPrefix("http://") {
            (scheme, isEncrypted) = ("http://", false)
        } else {
            throw Fault(description: "expected an address that begins with http:// or https://")
        }
        let rest = text.dropFirst(scheme.count)
        guard !rest.contains("?"), !rest.contains("#") else {
            throw Fault(description: "an address of a service ends with its path, without ? and #")
        }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw Fault(description: "a name or password does not belong into an address; a key is set with apiKey")
        }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
        (host, port) = try Self.hostAndPort(authority)
    }

    private static func hostAndPort(_ authority: Substring) throws(Fault) -> (String, Int?) {
        var host = authority
        var rest: Substring = ""
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw Fault(description: "an IPv6 address ends with ]")
            }
            host = authority[...end]
            rest = authority[authority.index(after: end)...]
        } else if let colon = authority.firstIndex(of: ":") {
            (host, rest) = (authority[..<colon], authority[colon...])
        }
        guard !host.isEmpty, host != "[]" else { throw Fault(description: "an address has a host") }
        if rest.isEmpty { return (host.lowercased(), nil) }
        guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65535).contains(port) else {
            throw Fault(description: "a port is a number from 1 to 65535")
        }
        return (host.lowercased(), port)
    }

    /// Scheme, host and port: whom one talks to.
    public var origin: String {
        "\(isEncrypted ? "https" : "http")://\(host)\(port.map { ":\($0)" } ?? "")"
    }

    /// Whether the host is `domain` or within it.
    func isWithin(_ domain: String) -> Bool { host == domain || host.hasSuffix(".\(domain)") }

    /// Whether it is this host itself.
    var isLoopback: Bool { host == "localhost" || host.hasPrefix("127.") || host == "[::1]" }
}

extension ServiceAddress: CustomStringConvertible {
    /// As it was written.
    public var description: String { origin + path }
}
