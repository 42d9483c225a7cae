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
    }

    /// Whether `request` shows the gateway's secret.
    func accessFault(_ request: EndpointRequest) -> AccessFault? {
        accessFault(request.token, from: request.origin, of: "") { configuration.credentials.accept($0) }
    }

    /// Whether `token` is accepted. Those who guess are slowed down; guesses at one `kind` of secret say nothing about
    /// those at another.
    func accessFault(
        _ token: Secret?, from origin: RequestOrigin, of kind: String, accepts: (Secret) -> Bool
    ) -> AccessFault? {
        let source = kind + origin.accountableAddress(trustedProxies: configuration.trustedProxies)
        if let delay = attempts.delay(for: source) { return .tooMany(retryAfter: delay) }
        // Whoever shows nothing guesses nothing.
        guard let token else { return .unauthorized }
        guard !accepts(token) else { return nil }
        attempts.failed(source)
        return .unauthorized
    }
}
