/// Where a request came from, as far as the connection and its headers tell.
public struct RequestOrigin: Sendable {
    /// The other end's address, without port.
    public var peerAddress: String
    /// `Host`.
    public var host: String?
    /// `Origin`: the page a browser sent the request for.
    public var origin: String?
    /// `X-Forwarded-For`.
    public var forwardedFor: String?
    /// `X-Real-IP`.
    public var realIP: String?
    /// `X-Forwarded-Host`.
    public var forwardedHost: String?

    /// An origin; a header that was not sent is nil.
    public init(
        peerAddress: String, host: String?, origin: String? = nil, forwardedFor: String? = nil,
        realIP: String? = nil, forwardedHost: String? = nil
    ) {
        self.peerAddress = peerAddress
        self.host = host
        self.origin = origin
        self.forwardedFor = forwardedFor
        self.realIP = realIP
        self.forwardedHost = forwardedHost
    }

    /// Whether the request comes straight from this host: a loopback peer that asked for this host by a local
    /// name, and no proxy in between but a trusted one.
    ///
    /// The name matters because any web page can make a browser connect to loopback under the page's own name
    /// (DNS rebinding).
    public func isLocal(trustedProxies: [String]) -> Bool {
        let isTrusted = isTrustedProxy(trustedProxies)
        guard IPAddressText.isLoopback(clientAddress(trustedProxies: trustedProxies)), hasLocalHost else {
            return false
        }
        let isForwarded = forwardedFor != nil || realIP != nil || forwardedHost != nil
        return !isForwarded || isTrusted
    }

    /// Whether the name asked for may be answered at all: a local one, or any a trusted proxy passes on.
    public func hasAcceptableHost(trustedProxies: [String]) -> Bool {
        hasLocalHost || isTrustedProxy(trustedProxies)
    }

    /// Whether the page that sent this, if a page did, was served under the very name and port asked for. A
    /// program that is no browser sends no `Origin`.
    public var isSameOrigin: Bool {
        guard let origin = origin?.lowercased() else { return true }
        guard let host = host?.lowercased() else { return false }
        for (scheme, defaultPort) in [("http://", ":80"), ("https://", ":443")] where origin.hasPrefix(scheme) {
            func normal(_ authority: some StringProtocol) -> String {
                String(authority.hasSuffix(defaultPort) ? authority.dropLast(defaultPort.count) : authority[...])
            }
            return normal(origin.dropFirst(scheme.count)) == normal(host)
        }
        // `null`, from files and sandboxed frames, and the schemes of extensions.
        return false
    }

    /// The name or address in `Host`, without port and brackets, in lower case; empty when there is none.
    public var hostName: String {
        guard let host else { return "" }
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }).lowercased() }
        return String(host.prefix { $0 != ":" }).lowercased()
    }

    private var hasLocalHost: Bool {
        ["localhost", "127.0.0.1", "::1"].contains(hostName) || hostName.hasSuffix(".ts.net")
    }

    private func isTrustedProxy(_ trustedProxies: [String]) -> Bool {
        let peer = IPAddressText.normal(peerAddress)
        return trustedProxies.contains { IPAddressText.normal($0) == peer }
    }

    /// The address the request first came from, as a trusted proxy tells; else the peer's.
    public func clientAddress(trustedProxies: [String]) -> String {
        guard isTrustedProxy(trustedProxies) else { return IPAddressText.normal(peerAddress) }
        let forwarded = forwardedFor.map { String($0.prefix { $0 != "," }) } ?? realIP
        return forwarded.map(IPAddressText.withoutPort) ?? IPAddressText.normal(peerAddress)
    }

    /// Who is held responsible for what this request tries: the address a trusted proxy saw itself, which is
    /// the last it lists, or the peer's. Of an IPv6 address only the network, because a host has as many
    /// addresses in it as it likes.
    public func accountableAddress(trustedProxies: [String]) -> String {
        var address = peerAddress
        if isTrustedProxy(trustedProxies),
            let seen = forwardedFor?.split(separator: ",").last.map(String.init) ?? realIP
        {
            address = seen
        }
        let text = IPAddressText.withoutPort(address)
        return text == "::1" ? text : IPAddressText.network(text)
    }
}
