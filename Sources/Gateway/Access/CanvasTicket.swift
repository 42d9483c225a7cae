import Crypto
import Files
import JSON
import Policy
import Text

/// What opens the canvas to the pages of the canvas, and nothing else: it stands in their address.
///
/// Such a page has an origin of its own (HTML, "sandboxed origin browsing context flag"), so that nothing in a request for
/// its scripts and pictures tells it from a page of another site. And unlike the gateway's secret, a page that an agent
/// wrote may know this.
struct CanvasTicket: Sendable {
    let text: String

    /// The ticket of the instance with `stateDirectory`: the same after a new start, so that open pages go on; another when
    /// `secret` is another. Throws `StorageError`.
    init(stateDirectory: AbsolutePath, secret: Secret?) throws(StorageError) {
        let key = try Self.key(in: stateDirectory)
        let code = HMAC<SHA256>.authenticationCode(
            for: Array((secret?.revealed() ?? "").utf8), using: SymmetricKey(data: Array(key.utf8)))
        text = Hex.text(Array(code).prefix(16))
    }

    /// Whether `text` is the ticket.
    func matches(_ text: String) -> Bool {
        guard let own = Secret(self.text), let other = Secret(text) else { return false }
        return own.matches(other)
    }

    /// The random text it is made from, so that a page cannot try passwords on it.
    private static func key(in stateDirectory: AbsolutePath) throws(StorageError) -> String {
        let path = stateDirectory / "identity/canvas.json"
        let state = HostileDirectory(stateDirectory)
        if let text = try state.read(path) {
            guard let key = (try? JSON(parsing: text))?["key"]?.string, key.utf8.count >= 32 else {
                throw StorageError("read", path, errno: 0, fault: "it holds no key; remove it to have a new one made")
            }
            return key
        }
        let key = Secret.random(byteCount: 32).revealed()
        try state.makeDirectory(path.parent)
        let json: JSON = ["key": .string(key)]
        try state.write(json.serialized(pretty: true) + [UInt8(ascii: "\n")], to: path)
        return key
    }
}
