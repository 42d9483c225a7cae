import Gateway

/// Who may read what is not for everybody: those on this host, and those with the token.
struct RequestAccess: Sendable {
    let configuration: GatewayConfiguration

    func allows(_ request: HTTPRequest) -> Bool {
        if configuration.credentials.accept(request.token) { return true }
        return request.origin.isLocal(trustedProxies: configuration.trustedProxies) && !request.isFromForeignPage
    }
}
