import Configuration
import Crypto
import Files
import GatewayProtocol
import JSON
import Policy
import Text

/// Pictures that came with a message.
struct Attachments: Sendable {
    private struct Picture: Sendable {
        var bytes: [UInt8]
        var suffix: String
    }

    private let pictures: [Picture]

    /// The suffixes of the kinds of picture that are taken.
    private static let suffixes = [
        "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/svg+xml": "svg",
    ]
    /// The largest one, in bytes.
    private static let limit = 5_000_000

    /// Reads what a client sent. Throws `ProtocolError`.
    init(_ json: [JSON]) throws(ProtocolError) {
        var pictures: [Picture] = []
        for (index, attachment) in json.enumerated() {
            let name = attachment["fileName"]?.string ?? "attachment \(index + 1)"
            guard let kind = attachment["mimeType"]?.string?.lowercased(), let suffix = Self.suffixes[kind] else {
                let kinds = Self.suffixes.keys.sorted().joined(separator: ", ")
                throw ProtocolError(.invalidRequest, "\(name): only pictures are taken (\(kinds))")
            }
            // As a data URL, too.
            let content = attachment["content"]?.string ?? ""
            let text = content.hasPrefix("data:") ? content.drop { $0 != "," }.dropFirst() : content[...]
            guard let bytes = Base64URL.bytes(String(text)), !bytes.isEmpty else {
                throw ProtocolError(.invalidRequest, "\(name): content must be base 64")
            }
            guard bytes.count <= Self.limit else {
                throw ProtocolError(.invalidRequest, "\(name): larger than \(Self.limit) bytes")
            }
            pictures.append(Picture(bytes: bytes, suffix: suffix))
        }
        self.pictures = pictures
    }

    /// Where they are kept for the run `key`.
    func paths(for key: String, in instance: Instance) -> [String] {
        let directory = instance.stateDirectory.value / "media/inbound"
        // The key is the client's: a path made of it could lead anywhere, and a part of it be another's.
        let name = Hex.text(SHA256.hash(data: Array(key.utf8)))
        return pictures.enumerated().map { index, picture in
            (directory / "\(name)-\(index + 1).\(picture.suffix)").text
        }
    }

    /// Writes them to `paths`, which lie in `state`. Throws `StorageError`.
    func write(to paths: [String], in state: HostileDirectory) throws(StorageError) {
        for (picture, text) in zip(pictures, paths) {
            guard let path = AbsolutePath(text) else { continue }
            try state.makeDirectory(path.parent)
            try state.write(picture.bytes, to: path)
        }
    }
}

extension Conversations.Claim {
    /// Keeps the pictures of the run. When they cannot be kept, the run is given up. Throws `ProtocolError`.
    func keep(_ attachments: Attachments, in conversations: Conversations) throws(ProtocolError) {
        do {
            try attachments.write(to: run.request.images, in: conversations.state)
        } catch {
            let fault = ProtocolError(.unavailable, "the message could not be kept: \(error)")
            conversations.giveUp(run, fault)
            throw fault
        }
    }
}
