import Configuration
import Text

extension Gateway {
    /// Why `request` does not show that it may ask, or nil.
    enum AccessFault {
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

        /// What is answered.
        var answer: EndpointAnswer {
            var answer = APIError(self).answer
            answer.headers = headers
            return answer
        }
    }

    /// Whether `request` shows the gateway's secret.
    func accessFault(_ request: EndpointRequest) -> AccessFault? {
        accessFault(request.token, from: request.origin, of: "") { configuration.credentials.accept($0) }
    }

    /// Whether `request` may read what is for this host, and for others with the gateway's secret.
    func readerFault(_ request: EndpointRequest) -> AccessFault? {
        let isLocal = request.origin.isLocal(configuration.originRules)
        guard !isLocal || request.isFromForeignPage else { return nil }
        // What a page of another site has the browser guess must not lock out whoever uses that browser.
        let kind = request.isFromForeignPage ? "pages " : ""
        return accessFault(request.token, from: request.origin, of: kind) { configuration.credentials.accept($0) }
    }

    /// What is answered to `request` when it may not read what is for this host, and for others with the gateway's
    /// secret; nil when it may. Each call with a wrong secret counts as a guess.
    public func readerRefusal(of request: EndpointRequest) -> EndpointAnswer? { readerFault(request)?.answer }

    /// Whether `token` is accepted. Who guesses, from wherever, locks nobody out who has it: only what is wrong is
    /// counted. Guesses at one `kind` of secret say nothing about those at another.
    func accessFault(
        _ token: Secret?, from origin: RequestOrigin, of kind: String, accepts: (Secret) -> Bool
    ) -> AccessFault? {
        // Whoever shows nothing guesses nothing.
        guard let token else { return .unauthorized }
        guard !accepts(token) else { return nil }
        let source = kind + origin.accountableAddress(configuration.originRules)
        if let delay = attempts.failed(source) { return .tooMany(retryAfter: delay) }
        return .unauthorized
    }
}
