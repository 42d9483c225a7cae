import JSON

/// The content of a message under `/v1`: a text, or parts of it and pictures.
struct MessageContent {
    private(set) var text = ""
    /// As `Attachments` reads them.
    private(set) var pictures: [JSON] = []

    /// Reads `json`, which stands at `path`. Throws `APIError` when it holds what no agent would be told.
    init(_ json: JSON?, at path: String) throws(APIError) {
        switch json {
        case nil, .null: break
        case .string(let text): self.text = text
        case .array(let parts):
            var texts: [String] = []
            for (index, part) in parts.enumerated() {
                let path = "\(path)[\(index)]"
                switch part["type"]?.string {
                case "text", "input_text", "output_text":
                    guard let text = part["text"]?.string else { throw .invalid("`\(path).text` must be a string") }
                    texts.append(text)
                case "image_url":
                    pictures.append(try Self.picture(part["image_url"]?["url"], at: "\(path).image_url.url"))
                case "input_image": pictures.append(try Self.picture(part["image_url"], at: "\(path).image_url"))
                case let type:
                    throw .invalid(
                        "`\(path)`: parts of the type \"\(type ?? "")\" are not taken here; text and pictures are")
                }
            }
            text = texts.joined(separator: "\n")
        default: throw .invalid("`\(path)` must be a string or an array of parts")
        }
    }

    private static func picture(_ url: JSON?, at path: String) throws(APIError) -> JSON {
        guard let url = url?.string, url.hasPrefix("data:"), let kind = url.dropFirst(5).split(separator: ";").first
        else {
            throw .invalid("`\(path)` must be a data: URL with the picture itself; nothing is fetched from elsewhere")
        }
        return ["fileName": .string(path), "mimeType": .string(String(kind)), "content": .string(url)]
    }
}
