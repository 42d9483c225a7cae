import Configuration
import Text
import Time

/// What decides who comes in, over the protocol and over HTTP: the gateway's secret, the devices that were paired, the
/// sign-ins of the page, and how often somebody may guess.
struct AccessControl: Sendable {
    let configuration: Current<GatewayConfiguration>
    let devices: DeviceStore
    let signIns: SignIns
    let attempts: AttemptLimiter
    let refusals: Refusals
    let clock: WallClock

    /// Why a request does not show that it may be answered.
    enum Fault {
        /// It shows no secret, or a wrong one.
        case unauthorized
        /// Too many wrong ones came from there; in milliseconds one more may come.
        case tooMany(retryAfter: Int64)

        /// As the header field `Retry-After` says it, in seconds.
        var headers: [(name: String, value: String)] {
            switch self {
            case .unauthorized: [("www-authenticate", "Bearer")]
            case .tooMany(let delay): [("retry-after", "\((delay + 999) / 1000)")]
            }
        }
    }

    /// Whether `token` is accepted. Who guesses, from wherever, locks nobody out who has it: only what is wrong is
    /// counted. Guesses at one `kind` of secret say nothing about those at another.
    func fault(of token: Secret?, from origin: RequestOrigin, kind: String, accepts: (Secret) -> Bool) -> Fault? {
        // Whoever shows nothing guesses nothing.
        guard let token else { return .unauthorized }
        guard !accepts(token) else { return nil }
        let source = kind + origin.accountableAddress(configuration.value.originRules)
        if let delay = attempts.failed(source) { return .tooMany(retryAfter: delay) }
        return .unauthorized
    }

    /// Notes that a request from `origin` for `route`, which is one of a known few, was refused for `reason`.
    func noteRefusal(of route: String, _ reason: String, from origin: RequestOrigin) {
        refusals.add(route, reason, from: origin.clientAddress(configuration.value.originRules), at: clock.now)
    }
}
