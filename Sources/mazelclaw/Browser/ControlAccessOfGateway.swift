import Browser
import Gateway
import Synchronization
import Text

/// Lets those ask over HTTP whom the gateway would: from this host, under a local name, from no page of another site, and
/// with the gateway's token.
final class ControlAccessOfGateway: ControlAccess {
    /// Who knows the token; nil before it serves, and after.
    let gateway = Mutex<Gateway?>(nil)

    func refusal(_ head: ControlHead) -> ControlRefusal? {
        guard let gateway = gateway.withLock({ $0 }) else {
            return ControlRefusal(status: 503, message: "the gateway is not ready")
        }
        let hosts = head.values("host")
        guard hosts.count == 1 else {
            return ControlRefusal(
                status: 400, message: "exactly one Host header is required (RFC 9112 section 3.2)")
        }
        for name in ["origin", "authorization", "content-type", "sec-fetch-site"] where head.values(name).count > 1 {
            return ControlRefusal(status: 400, message: "the header field \(name) may stand there once")
        }
        let origin = RequestOrigin(
            peerAddress: head.peerAddress, host: hosts.first, origin: head.values("origin").first,
            forwardedFor: head.values("x-forwarded-for"), realIP: head.values("x-real-ip").last,
            isForwarded: head.fields.contains { RequestOrigin.isForwarding($0.name) })
        guard origin.isLocal(gateway.configuration.originRules) else {
            return ControlRefusal(
                status: 421, message: "browser control answers to localhost only, and through no proxy")
        }
        let site = head.values("sec-fetch-site").first ?? "none"
        guard origin.isSameOrigin, ["none", "same-origin"].contains(site) else {
            return ControlRefusal(status: 403, message: "a page of another origin may not ask for this")
        }
        let request = EndpointRequest(
            method: "", path: "", origin: origin, token: Self.token(head), isFromForeignPage: false, headers: [:])
        guard let answer = gateway.bearerRefusal(of: request) else { return nil }
        return ControlRefusal(
            status: answer.status,
            message: answer.status == 429
                ? "too many wrong tokens; try again later" : "the gateway's token is required: Authorization: Bearer",
            fields: answer.headers)
    }

    /// The token in `Authorization: Bearer`.
    private static func token(_ head: ControlHead) -> Secret? {
        let parts = head.values("authorization").first?.split(separator: " ", maxSplits: 1) ?? []
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return Secret(String(parts[1]))
    }
}
