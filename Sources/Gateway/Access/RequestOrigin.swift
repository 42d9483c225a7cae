import Policy

/// Where a request came from, as far as the connection and its headers tell.
public struct RequestOrigin: Sendable {
    /// The other end's address, without port.
    public var peerAddress: String
    /// `Host`: the name and port that the client has asked for; nil when it sent none.
    public var host: String?
    /// `Origin`: the page a browser sent the request for.
    public var origin: String?
    /// The elements of every `X-Forwarded-For`, in the order sent: each proxy appends whom it saw.
    public var forwardedFor: [String]
    /// `X-Real-IP`.
    public var realIP: String?
    /// Whether a header field says that a proxy passed the request on.
    public var isForwarded: Bool

    /// An origin; a header that was not sent is nil or empty. `forwardedFor` are the fields of that name.
    public init(
        peerAddress: String, host: String?, origin: String? = nil, forwardedFor: [String] = [],
        realIP: String? = nil, isForwarded: Bool = false
    ) {
        self.peerAddress = peerAddress
        self.host = host
        self.origin = origin
        self.forwardedFor = forwardedFor.flatMap { $0.split(separator: ",").map(String.init) }
        self.realIP = realIP
        self.isForwarded = isForwarded || !forwardedFor.isEmpty || realIP != nil
    }

    /// Whether a header field of this name says that a proxy passed the request on.
    public static func isForwarding(_ name: String) -> Bool {
        guard let first = name.utf8.first, "fFvVxX".utf8.contains(first) else { return false }
        let name = name.lowercased()
        return name == "forwarded" || name == "via" || name == "x-real-ip" || name.hasPrefix("x-forwarded-")
    }

    // MARK: Names

    /// Whether `Host` is absent or says what it may (RFC 9112 section 3.2).
    public var hasValidHost: Bool { host.map { HostField($0) != nil } ?? true }

    /// Whether the name asked for may be answered at all: a local one, or any a trusted proxy passes on.
    public func hasAcceptableHost(_ rules: OriginRules) -> Bool {
        hasLocalHost(rules) || hasValidHost && peer.map(rules.trusts) == true
    }

    private func hasLocalHost(_ rules: OriginRules) -> Bool {
        ["localhost", "127.0.0.1", "::1"].contains(hostName) || rules.hasTailnet && hostName.hasSuffix(".ts.net")
    }

    /// The name or address in `Host`, without port and brackets, in lower case; empty when there is none.
    public var hostName: String { host.flatMap(HostField.init)?.name ?? "" }

    /// Whether the page that sent this, if a page did, was served under the very name and port asked for. A
    /// program that is no browser sends no `Origin`.
    public var isSameOrigin: Bool {
        guard let origin = origin?.lowercased() else { return true }
        guard let host = host.flatMap(HostField.init) else { return false }
        for (scheme, port) in [("http://", UInt16(80)), ("https://", 443)] where origin.hasPrefix(scheme) {
            guard let page = HostField(String(origin.dropFirst(scheme.count))) else { return false }
            return page.name == host.name && (page.port ?? port) == (host.port ?? port)
        }
        // `null`, from files and sandboxed frames, and the schemes of extensions.
        return false
    }

    // MARK: Addresses

    private var peer: IPAddress? { IPAddress(peerAddress)?.unmapped }

    /// Whether the request comes straight from this host: from loopback, under a local name, and through no proxy.
    ///
    /// The name matters because any web page can make a browser connect to loopback under the page's own name
    /// (DNS rebinding). What comes from the address of a trusted proxy is never local, whatever it says of the client:
    /// many a proxy passes on a field that the client wrote, or writes none.
    public func isLocal(_ rules: OriginRules) -> Bool {
        guard let peer, peer.isLoopback, !rules.trusts(peer) else { return false }
        return !isForwarded && hasLocalHost(rules)
    }

    /// The address the request came from: the peer's, or, when that is a trusted proxy, the first that is none, from the
    /// proxy's own entry backwards. What stands before that the client may have written itself.
    ///
    /// When all are trusted it is the first listed; where an element is no address, the proxy that vouches for it.
    private func client(_ rules: OriginRules) -> IPAddress? {
        guard var address = peer, rules.trusts(address) else { return peer }
        for text in (forwardedFor.isEmpty ? [realIP].compactMap(\.self) : forwardedFor).reversed() {
            guard let hop = IPAddress(forwarded: text) else { break }
            address = hop
            guard rules.trusts(hop) else { break }
        }
        return address
    }

    /// The client's address, for people: where a trusted proxy saw it, or the peer's.
    public func clientAddress(_ rules: OriginRules) -> String {
        client(rules)?.description ?? peerAddress
    }

    /// Who is held responsible for what this request tries: the client's address, as something it cannot choose.
    public func accountableAddress(_ rules: OriginRules) -> String {
        client(rules)?.accountable ?? peerAddress
    }
}
