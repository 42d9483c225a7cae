import Gateway
import NIOHTTP1
import Text

/// `/__mazelclaw__/canvas/`: the files of the workspace's canvas directory.
///
/// Agents write them, and they are not to be trusted with what the gateway's own pages have: they run in an origin of
/// their own (CSP `sandbox`), where they reach neither the storage of the control page nor the WebSocket, and nobody's
/// page can frame them. As requests from there look like those of another site, a browser that opens one is sent to the
/// same file below `/__mazelclaw__/page/TICKET/`, where no token stands in the address.
struct CanvasRoute: Sendable {
    static let prefix = "/__mazelclaw__/canvas"
    /// What pages in a browser are below, with a ticket between.
    static let pagePrefix = "/__mazelclaw__/page"

    let directory: ServedDirectory
    let gateway: Gateway
    /// Whether pages follow changes.
    var isLive = true

    /// The answer to a request below `prefix`.
    func answer(_ request: HTTPRequest) -> HTTPResponse {
        if let refusal = refusal(request) { return refusal }
        if let refusal = gateway.readerRefusal(of: request.forReader) { return HTTPResponse(refusal) }
        let rest = request.path.dropFirst(Self.prefix.count)
        if request.isNavigation {
            let path = "\(Self.pagePrefix)/\(gateway.canvasTicketText)\(rest.isEmpty ? "/" : rest)"
            return redirect(to: path + request.queryWithoutToken, .temporaryRedirect)
        }
        return file(at: rest, request, isPage: false)
    }

    /// The answer to a request below `pagePrefix`.
    func answerPage(_ request: HTTPRequest) -> HTTPResponse {
        if let refusal = refusal(request) { return refusal }
        let path = request.path.dropFirst(Self.pagePrefix.count).drop { $0 == "/" }
        let ticket = path.prefix { $0 != "/" }
        let rest = path.dropFirst(ticket.count)
        guard gateway.acceptsCanvasTicket(String(ticket)) else {
            // An old one. Who may read the canvas gets another.
            if request.isNavigation {
                return redirect(to: "\(Self.prefix)\(rest)\(request.queryText)", .temporaryRedirect)
            }
            return .error(.unauthorized, "this address of the page is no longer valid; open \(Self.prefix)/")
        }
        return file(at: rest, request, isPage: true)
    }

    /// Why a browser gets nothing to put into another page, or nil.
    private func refusal(_ request: HTTPRequest) -> HTTPResponse? {
        guard let destination = request.destination, Self.frames.contains(destination) else { return nil }
        return .error(.forbidden, "a page of the canvas is shown by itself, not in a frame")
    }

    private static let frames = ["iframe", "frame", "fencedframe", "embed", "object", "serviceworker"]

    private func file(at rest: Substring, _ request: HTTPRequest, isPage: Bool) -> HTTPResponse {
        guard !rest.isEmpty else { return redirectToDirectory(request) }
        guard let components = PercentEncoding.components(rest) else {
            return .error(.badRequest, "the path is not one a file can have")
        }
        let isDirectoryPath = rest.hasSuffix("/")
        switch directory.entry(components) {
        case .file(let file, let name) where !isDirectoryPath: return content(file, name, request, isPage: isPage)
        case .directory where !isDirectoryPath: return redirectToDirectory(request)
        case .directory:
            if case .file(let file, let name) = directory.entry(components + ["index.html"]) {
                return content(file, name, request, isPage: isPage)
            }
            return .error(.notFound, "no such file")
        case .file, .none: return .error(.notFound, "no such file")
        }
    }

    /// To the same path with a slash, so that relative links in its index work.
    private func redirectToDirectory(_ request: HTTPRequest) -> HTTPResponse {
        redirect(to: "\(request.path)/\(request.queryText)", .permanentRedirect)
    }

    private func redirect(to address: String, _ status: HTTPResponseStatus) -> HTTPResponse {
        HTTPResponse(status, headers: ["location": address, "referrer-policy": "no-referrer"])
    }

    private func content(
        _ file: ServedFile, _ name: String, _ request: HTTPRequest, isPage: Bool
    ) -> HTTPResponse {
        let type = MediaType.of(name)
        let isHTML = type.hasPrefix("text/html")
        // Only a page of the canvas itself may have one as data.
        if isHTML, let destination = request.destination, destination != "document",
            !(isPage && destination == "empty")
        {
            return .error(.forbidden, "a page of the canvas is shown by itself, not in a frame")
        }
        var pieces = FilePieces(file)
        if isLive, isHTML, file.size <= LiveReloadScript.limit {
            pieces = FilePieces(file, inserting: LiveReloadScript.bytes, at: LiveReloadScript.place(in: file))
        }
        var headers: HTTPHeaders = [
            "content-type": type, "content-security-policy": Self.policy,
            // The address may hold the token, which must not travel on as a Referer.
            "referrer-policy": "no-referrer",
        ]
        if isPage {
            // Its own pages are of another origin. Whoever knows the ticket may read.
            headers.add(name: "cross-origin-resource-policy", value: "cross-origin")
            headers.add(name: "access-control-allow-origin", value: "*")
        }
        return HTTPResponse(.ok, headers: headers, body: .file(pieces))
    }

    /// Whatever the type: a browser runs scripts in SVG and XML too.
    private static let policy =
        "sandbox allow-scripts allow-forms allow-modals allow-popups allow-downloads; frame-ancestors 'none'"
}
