import Gateway
import NIOCore
import NIOHTTP1

/// A request's head, with the questions the routes ask of it.
struct HTTPRequest: Sendable {
    let head: HTTPRequestHead
    let origin: RequestOrigin
    /// The path, still percent-encoded; where other programs' names are spelled in it, with ours.
    let path: String
    /// The question mark and what follows it, as it was sent; empty when there is none.
    let queryText: Substring

    init(head: HTTPRequestHead, channel: any Channel) {
        self.init(head: head, peerAddress: channel.remoteAddress?.ipAddress ?? "")
    }

    init(head: HTTPRequestHead, peerAddress: String) {
        self.head = head
        let headers = head.headers
        origin = RequestOrigin(
            peerAddress: peerAddress, host: headers.first(name: "host"), origin: headers.first(name: "origin"),
            forwardedFor: headers.first(name: "x-forwarded-for"), realIP: headers.first(name: "x-real-ip"),
            forwardedHost: headers.first(name: "x-forwarded-host"))
        let target = head.uri.prefix { $0 != "#" }
        let path = target.prefix { $0 != "?" }
        self.path = ProductName.ownPath(String(path))
        queryText = target.dropFirst(path.count)
    }

    var method: HTTPMethod { head.method }

    /// Whether the client asks for a WebSocket.
    var isUpgrade: Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    var webSocketVersion: String? { head.headers.first(name: "sec-websocket-version") }

    var hasOneHost: Bool {
        head.headers["host"].count == 1 || head.version == .http1_0 && head.headers["host"].isEmpty
    }

    /// The value of `name` in the query, percent-decoded.
    func query(_ name: String) -> String? {
        for pair in queryText.dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == name else { continue }
            return PercentEncoding.decoded(parts[1])
        }
        return nil
    }

    /// The token in `Authorization: Bearer`, or in the query.
    var token: Secret? {
        head.headers.contains(name: "authorization") ? bearerToken : query("token").flatMap(Secret.init)
    }

    /// The token in `Authorization: Bearer`.
    var bearerToken: Secret? {
        guard let authorization = head.headers.first(name: "authorization") else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return Secret(String(parts[1]))
    }

    /// Whether a browser fetched this for a page of another site, and not because a person went there. Its
    /// being local then says nothing about who reads the answer (Fetch Metadata, Sec-Fetch-Site).
    var isFromForeignPage: Bool {
        guard let site = head.headers.first(name: "sec-fetch-site") else { return !origin.isSameOrigin }
        return site != "same-origin" && site != "none" && head.headers.first(name: "sec-fetch-mode") != "navigate"
    }

    /// Whether the client waits to be told to send the content (RFC 9110 section 10.1.1).
    var expectsContinue: Bool {
        head.headers["expect"].contains { $0.lowercased() == "100-continue" }
    }

    /// The length of the content, when the head tells it.
    var contentLength: Int? { head.headers.first(name: "content-length").flatMap(Int.init) }

    /// The same for an endpoint.
    var forEndpoint: EndpointRequest {
        EndpointRequest(
            method: method.rawValue, path: path, origin: origin, token: bearerToken,
            isFromForeignPage: isFromForeignPage,
            headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first })
    }

    /// The same for what people open in a browser, where the token may stand in the address.
    var forReader: EndpointRequest {
        var request = forEndpoint
        request.token = token
        return request
    }
}
