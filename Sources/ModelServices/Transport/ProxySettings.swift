import Text

/// Which services are reached through a proxy, as the environment says: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
/// `NO_PROXY`, each also in lower case, which counts more.
package struct ProxySettings: Sendable {
    /// What a proxy asks for. Stands in no text.
    package struct Credentials: Hashable, Sendable {
        package var name: String
        package var password: String
    }

    /// A proxy.
    package struct Proxy: Hashable, Sendable {
        /// How it is spoken to.
        package enum Kind: Hashable, Sendable {
            case http, socks
        }

        package var kind: Kind
        package var host: String
        package var port: Int
        /// What it asks for; nil for nothing.
        package var credentials: Credentials?
    }

    private let variables: [String: String]

    /// What `environment` says.
    package init(environment: [String: String]) {
        variables = environment
    }

    private func value(_ name: String) -> (name: String, value: String)? {
        for name in [name.lowercased(), name] {
            if let value = variables[name]?.trimmed, !value.isEmpty { return (name, value) }
        }
        return nil
    }

    /// The proxy through which `address` is reached; nil when it is reached without. Throws `ModelFailure` when the
    /// environment names something that is no proxy: nothing is sent past it.
    func proxy(for address: ServiceAddress) throws(ModelFailure) -> Proxy? {
        try proxy(
            to: String(address.host.drop { $0 == "[" }.prefix { $0 != "]" }),
            address.port ?? (address.isEncrypted ? 443 : 80),
            by: [address.isEncrypted ? "HTTPS_PROXY" : "HTTP_PROXY", "ALL_PROXY"])
    }

    /// The proxy through which `port` of `host` is reached, by the first of the variables `names` that is set; nil when it is
    /// reached without. `host` is in lower case, and an IPv6 address without brackets. Throws `ModelFailure` as the other.
    package func proxy(to host: String, _ port: Int, by names: [String]) throws(ModelFailure) -> Proxy? {
        guard !isExcepted(host, port), let (name, text) = names.lazy.compactMap(value).first else { return nil }
        guard let proxy = Self.proxy(text) else {
            // Without its value: a password may stand in it.
            throw ModelFailure(
                .unreachable,
                "the environment's \(name) is no proxy; expected http://HOST:PORT or socks5://HOST:PORT")
        }
        return proxy
    }

    private func isExcepted(_ host: String, _ port: Int) -> Bool {
        for entry in value("NO_PROXY")?.value.split(separator: ",") ?? [] {
            var name = String(entry).trimmed.lowercased()
            if name == "*" { return true }
            // An IPv6 address without brackets has colons, and no port.
            let hasPort = name.hasPrefix("[") || name.utf8.count { $0 == UInt8(ascii: ":") } == 1
            if hasPort, name.hasSuffix(":\(port)") { name.removeLast(":\(port)".count) }
            if name.hasPrefix("[") { name = String(name.dropFirst().prefix { $0 != "]" }) }
            if name.hasPrefix("*.") { name.removeFirst() }
            let suffix = name.hasPrefix(".") ? name : ".\(name)"
            if !name.isEmpty, host == name || host == suffix.dropFirst() || host.hasSuffix(suffix) { return true }
        }
        return false
    }

    private static func proxy(_ text: String) -> Proxy? {
        var rest = text[...]
        var kind = Proxy.Kind.http
        if let scheme = text.firstRange(of: "://") {
            switch text[..<scheme.lowerBound].lowercased() {
            case "http": break
            case "socks5", "socks5h", "socks": kind = .socks
            default: return nil
            }
            rest = text[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var credentials: Credentials?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let password = parts.count == 2 ? decoded(parts[1]) : "" else {
                return nil
            }
            credentials = Credentials(name: name, password: password)
            rest = rest[rest.index(after: at)...]
        }
        guard let address = try? ServiceAddress("http://\(rest)"), address.path.isEmpty else { return nil }
        let host = String(address.host.drop { $0 == "[" }.prefix { $0 != "]" })
        return Proxy(
            kind: kind, host: host, port: address.port ?? (kind == .http ? 80 : 1080), credentials: credentials)
    }

    /// `text` with its escapes of RFC 3986 section 2.1 replaced; nil when it is no UTF-8 then.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let high = Hex.value(rest[rest.startIndex]),
                let low = Hex.value(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
