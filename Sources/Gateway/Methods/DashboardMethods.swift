import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// The methods that the page in the browser needs besides.
struct DashboardMethods: Sendable {
    let configuration: Current<GatewayConfiguration>
    let access: AccessControl
    let redactor: GrowingRedactor

    var group: MethodGroup {
        MethodGroup(
            "Dashboard",
            """
            For the gateway's page in the browser, which otherwise does what any client does. A page signs in by a link: it \
            shows the link's secret as `auth.token` of `connect`, without a device, and asks for `operator.read` and \
            `operator.write` or one of them. It is answered `auth.pageToken`, which lets it in again for 12 hours at most, \
            until the gateway starts anew. Who shows a link that was used, or asks for more, is refused.
            """,
            [link, refusals])
    }

    private var link: Method {
        Method.immediate(
            "dashboard.link", .scope(.admin),
            "Makes a link that signs the page in once, within 5 minutes. There may be \(SignIns.linkLimit) in that time.",
            NoParameters.schema,
            answer: .object(
                Field(required: "path", .string, "Where the page is."),
                Field(
                    required: "fragment", .string, "What follows it in the link, behind `#`: `signin=` and the secret."),
                Field(required: "expiresAtMs", .integer, "Until when, in milliseconds since 1970."))
        ) { _, _ in
            let section = configuration.value.content.gateway.controlUI
            guard section.enabled else {
                throw ProtocolError(
                    .invalidRequest, "gateway.controlUi.enabled is false, so no page is served; set it to true")
            }
            do throws(SignIns.TooMany) {
                let link = try access.signIns.makeLink()
                return [
                    "path": .string(section.base + "/"), "fragment": .string("signin=\(link.secret.revealed())"),
                    "expiresAtMs": link.expiresAt.json,
                ]
            } catch {
                throw ProtocolError(
                    .unavailable,
                    "\(SignIns.linkLimit) links were made within 5 minutes; use one of them, or wait "
                        + "\((error.retryAfter + 999) / 1000) seconds",
                    isRetryable: true, retryAfter: error.retryAfter)
            }
        }
    }

    private var refusals: Method {
        Method.immediate(
            "dashboard.refusals", .scope(.read),
            "What the gateway refused since it started, the latest \(Refusals.limit), newest first: requests over HTTP and "
                + "handshakes. What the sandbox refuses is not known inside it; `mazelclaw-run denials` tells.",
            NoParameters.schema,
            answer: .object(
                Field(
                    required: "refusals",
                    .list(
                        of: .object(
                            Field(
                                required: "route", .string, "What was asked for, as `/metrics` calls it, or `connect`."),
                            Field(required: "reason", .string, "Why it was refused."),
                            Field(required: "address", .string, "Who asked."),
                            Field(required: "count", .integer(1...), "How often."),
                            Field(required: "firstAtMs", .integer, "When first, in milliseconds since 1970."),
                            Field(required: "lastAtMs", .integer, "When last."))), "The refusals."))
        ) { _, _ in
            [
                "refusals": .array(
                    access.refusals.all.reversed().map { entry in
                        [
                            "route": .string(entry.route), "reason": .string(redactor.redacted(entry.reason)),
                            "address": .string(entry.address), "count": .integer(entry.count),
                            "firstAtMs": entry.firstAt.json, "lastAtMs": entry.lastAt.json,
                        ]
                    })
            ]
        }
    }
}
