import Browser
import Gateway
import GatewayServer
import NIOHTTP1
import Synchronization

/// Lets those ask over HTTP whom the gateway would: from this host, under a local name, from no page of another site, and
/// with the gateway's token.
final class ControlAccessOfGateway: ControlAccess {
    /// Who knows the token; nil before it serves, and after.
    let gateway = Mutex<Gateway?>(nil)

    func refusal(_ head: HTTPRequestHead, from peerAddress: String) -> ControlRefusal? {
        guard let gateway = gateway.withLock({ $0 }) else {
            return ControlRefusal(status: 503, message: "the gateway is not ready")
        }
        guard head.headers["host"].count == 1 else {
            return ControlRefusal(
                status: 400, message: "exactly one Host header is required (RFC 9112 section 3.2)")
        }
        let request = HTTPRequest(head: head, peerAddress: peerAddress)
        if let name = request.repeatedField {
            return ControlRefusal(status: 400, message: "the header field \(name) may stand there once")
        }
        guard request.origin.isLocal(gateway.configuration.originRules) else {
            return ControlRefusal(
                status: 421, message: "browser control answers to localhost only, and through no proxy")
        }
        let site = head.headers.first(name: "sec-fetch-site") ?? "none"
        guard request.origin.isSameOrigin, ["none", "same-origin"].contains(site) else {
            return ControlRefusal(status: 403, message: "a page of another origin may not ask for this")
        }
        guard let answer = gateway.bearerRefusal(of: request.forEndpoint) else { return nil }
        return ControlRefusal(
            status: answer.status,
            message: answer.status == 429
                ? "too many wrong tokens; try again later" : "the gateway's token is required: Authorization: Bearer",
            fields: answer.headers)
    }
}
