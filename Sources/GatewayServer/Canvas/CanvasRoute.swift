import Gateway
import NIOHTTP1

/// `/__mazelclaw__/canvas/`: the files of the workspace's canvas directory.
struct CanvasRoute: Sendable {
    static let prefix = "/__mazelclaw__/canvas"

    let directory: ServedDirectory
    let gateway: Gateway
    /// Whether pages follow changes.
    var isLive = true

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        if let refusal = gateway.readerRefusal(of: request.forReader) { return HTTPResponse(refusal) }
        let rest = request.path.dropFirst(Self.prefix.count)
        guard !rest.isEmpty else { return redirect(request) }
        guard let components = PercentEncoding.components(rest) else {
            return .error(.badRequest, "the path is not one a file can have")
        }
        let isDirectoryPath = rest.hasSuffix("/")
        switch directory.entry(components) {
        case .file(let file, let name) where !isDirectoryPath: return content(file, name)
        case .directory where !isDirectoryPath: return redirect(request)
        case .directory:
            if case .file(let file, let name) = directory.entry(components + ["index.html"]) {
                return content(file, name)
            }
            return .error(.notFound, "no such file")
        case .file, .none: return .error(.notFound, "no such file")
        }
    }

    /// To the same path with a slash, so that relative links in its index work.
    private func redirect(_ request: HTTPRequest) -> HTTPResponse {
        HTTPResponse(.permanentRedirect, headers: ["location": "\(request.path)/\(request.queryText)"])
    }

    private func content(_ file: OpenFile, _ name: String) -> HTTPResponse {
        let type = MediaType.of(name)
        var body = HTTPResponse.Body.file(file)
        if isLive, type.hasPrefix("text/html"), file.size <= LiveReloadScript.limit,
            let page = file.read(at: 0, count: file.size)
        {
            body = .bytes(LiveReloadScript.added(to: page))
        }
        // The address may hold the token, which must not travel on as a Referer.
        return HTTPResponse(.ok, headers: ["content-type": type, "referrer-policy": "no-referrer"], body: body)
    }
}
