import NIOHTTP1
import Text

/// The Control UI, a page for people in the browser: the files of `gateway.controlUi.root`, below its base path.
///
/// They are for everybody who reaches the gateway: what a page may do is decided when it connects.
struct ControlUIRoute: Sendable {
    /// The path it is under, without a slash at its end; empty when it is everything that nothing else is.
    let base: String
    let directory: ServedDirectory

    /// Paths that are never its own, whether anything is served there or not: programs ask there, not people.
    private static let reserved = ["/__mazelclaw__", "/v1", "/tools"]

    func matches(_ path: String) -> Bool {
        guard !Self.reserved.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) else { return false }
        return path.hasPrefix(base + "/") || !base.isEmpty && path == base
    }

    /// The answer to `request`, whose path matches.
    func answer(_ request: HTTPRequest) -> HTTPResponse {
        let rest = request.path.dropFirst(base.count)
        guard !rest.isEmpty else {
            // With a slash, so that relative links work.
            return HTTPResponse(.found, headers: ["location": "\(base)/\(request.queryText)"])
        }
        guard let components = PercentEncoding.components(rest) else {
            return .error(.badRequest, "the path is not one a file can have")
        }
        switch directory.entry(components) {
        case .file(let file, let name) where !rest.hasSuffix("/"): return content(file, name)
        case .directory:
            if case .file(let file, let name) = directory.entry(components + ["index.html"]) {
                return content(file, name)
            }
        case .file, .none: break
        }
        // What is no file is a place within the page.
        guard components.last?.contains(".") != true else { return .error(.notFound, "no such file") }
        guard case .file(let file, let name) = directory.entry(["index.html"]) else {
            return .error(.serviceUnavailable, "there is no index.html in gateway.controlUi.root")
        }
        return content(file, name)
    }

    private func content(_ file: ServedFile, _ name: String) -> HTTPResponse {
        HTTPResponse(
            .ok,
            headers: [
                // The address may hold the token, which must not travel on as a Referer.
                "content-type": MediaType.of(name), "referrer-policy": "no-referrer",
                // Nobody's page shall show it as its own and have it clicked.
                "x-frame-options": "DENY", "content-security-policy": "frame-ancestors 'none'",
                // And none that it opens, or that opened it, shall hold on to it.
                "cross-origin-opener-policy": "same-origin",
            ], body: .file(FilePieces(file)))
    }
}
