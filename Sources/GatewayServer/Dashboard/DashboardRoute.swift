import NIOHTTP1

/// The gateway's own page, for a person who opens its address in a browser.
///
/// Programs that ask at the same path are answered as at any other where nothing is. The page is for everybody who reaches
/// the gateway: what it may do is decided when it connects.
struct DashboardRoute: Sendable {
    /// The path it is under, without a slash at its end; empty when it is the root.
    let base: String

    /// The answer to `request`, for which there is no other; nil when it asks for something else.
    func answer(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.isNavigation else { return nil }
        switch request.path {
        case base + "/": return HTTPResponse(.ok, headers: Self.headers, body: .bytes(DashboardPage.bytes))
        case base, "/": return HTTPResponse(.found, headers: ["location": "\(base)/\(request.queryText)"])
        default: return nil
        }
    }

    private static let headers: HTTPHeaders = [
        "content-type": "text/html; charset=utf-8", "content-security-policy": DashboardPage.policy,
        "referrer-policy": "no-referrer",
        // For browsers that know nothing of frame-ancestors.
        "x-frame-options": "DENY",
        // No page that opened it, or that it opened, shall hold on to it.
        "cross-origin-opener-policy": "same-origin",
    ]
}
