import Configuration
import Gateway
import JSON
import NIOHTTP1
import Text

/// `/avatar/AGENT`: the picture of an agent, or with `?meta=1` where it is.
struct AvatarRoute: Sendable {
    /// The path the pictures are below, without a slash at its end.
    let prefix: String
    let gateway: Gateway

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        if let refusal = gateway.readerRefusal(of: request.forReader) { return HTTPResponse(refusal) }
        guard let path = PercentEncoding.components(request.path.dropFirst(prefix.count)), path.count == 1 else {
            return .error(.notFound, "no such agent")
        }
        let picture = gateway.picture(ofAgent: path[0].lowercased())
        if request.query("meta") == "1" {
            let address: JSON =
                switch picture {
                case .address(let address): .string(address)
                case .file where image(picture) != nil: .string(request.path)
                case .file, nil: .null
                }
            return .json(["avatarUrl": address])
        }
        guard let image = image(picture) else { return .error(.notFound, "no picture of this agent is kept here") }
        return HTTPResponse(
            .ok,
            headers: [
                "content-type": image.type,
                // The agent can write the file: an SVG opened by itself would run its scripts as pages of the gateway.
                "content-security-policy":
                    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
            ], body: .file(FilePieces(image.file)))
    }

    /// The file with `picture`, when it is an image by its name.
    private func image(_ picture: AgentPicture?) -> (file: ServedFile, type: String)? {
        guard case .file(let workspace, let path) = picture,
            case .file(let file, let name) = ServedDirectory(root: workspace).entry(path)
        else { return nil }
        let type = MediaType.of(name)
        return type.hasPrefix("image/") ? (file, type) : nil
    }
}
