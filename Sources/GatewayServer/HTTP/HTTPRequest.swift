package import Gateway
import GatewayProtocol
import NIOCore
package import NIOHTTP1
import Text

/// A request's head, with the questions the routes ask of it.
package struct HTTPRequest: Sendable {
    let head: HTTPRequestHead
    /// Where it comes from, as its peer and its fields tell.
    package let origin: RequestOrigin
    /// The path, still percent-encoded; where other programs' names are spelled in it, with ours.
    let path: String
    /// The question mark and what follows it, as it was sent; empty when there is none.
    let queryText: Substring

    init(head: HTTPRequestHead, channel: any Channel) {
        self.init(head: head, peerAddress: channel.remoteAddress?.ipAddress ?? "")
    }

    /// The head of a request that came from `peerAddress`, which is without port.
    package init(head: HTTPRequestHead, peerAddress: String) {
        self.head = head
        let headers = head.headers
        origin = RequestOrigin(
            peerAddress: peerAddress, host: headers.first(name: "host"), origin: headers.first(name: "origin"),
            forwardedFor: headers["x-forwarded-for"], realIP: headers["x-real-ip"].last,
            isForwarded: headers.contains { RequestOrigin.isForwarding($0.name) })
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

    /// A header field that stands there more than once, and on which more depends than one of them can say: which of them
    /// counts would be anybody's guess. Nil when there is none.
    package var repeatedField: String? {
        var seen: Set<Int> = []
        for (name, _) in head.headers {
            // Most have another length than all of these, which costs less to find out than the spelling.
            let length = name.utf8.count
            guard
                let index = Self.singleFields.firstIndex(where: {
                    $0.utf8.count == length && $0 == name.lowercased()
                })
            else { continue }
            guard seen.insert(index).inserted else { return Self.singleFields[index] }
        }
        return nil
    }

    private static let singleFields = [
        "origin", "authorization", "content-type", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest",
        "sec-websocket-key", "sec-websocket-version",
    ]

    /// Whether the content comes as it is, or in chunks: no other transfer coding is known here (RFC 9112 section 6.1).
    var hasKnownTransferCoding: Bool {
        let fields = head.headers[canonicalForm: "transfer-encoding"]
        return fields.isEmpty || head.version == .http1_1 && fields.count == 1 && fields[0].lowercased() == "chunked"
    }

    /// Whether `Sec-WebSocket-Key` is 16 bytes in base 64 (RFC 6455 section 4.2.1).
    var hasWebSocketKey: Bool {
        guard let key = head.headers.first(name: "sec-websocket-key")?.utf8, key.count == 24 else { return false }
        return key.suffix(2).elementsEqual("==".utf8) && key.dropLast(2).allSatisfy(Self.isBase64)
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: false
        }
    }

    /// What a browser does with the answer (Fetch Metadata, Sec-Fetch-Dest); nil when it does not say, or is none.
    var destination: String? { head.headers.first(name: "sec-fetch-dest") }

    /// Whether a browser asks for a page to show by itself: somebody went there, or followed a link.
    var isNavigation: Bool {
        guard method == .GET, destination ?? "document" == "document" else { return false }
        return head.headers["accept"].contains { $0.lowercased().contains("text/html") }
    }

    /// `queryText` without the token.
    var queryWithoutToken: String {
        let pairs = queryText.dropFirst().split(separator: "&").filter { !$0.hasPrefix("token=") }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
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
    package var forEndpoint: EndpointRequest {
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
