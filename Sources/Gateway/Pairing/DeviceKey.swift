import Crypto
import Text

/// A device's Ed25519 public key (RFC 8032).
struct DeviceKey: Equatable {
    /// The key's bytes; 32 when it is one.
    let bytes: [UInt8]

    /// Reads base64url, or PEM as RFC 8410 writes it; nil when `text` is neither.
    init?(_ text: String) {
        guard text.contains("BEGIN") else {
            guard let bytes = Base64URL.bytes(text) else { return nil }
            self.bytes = bytes
            return
        }
        let body = text.split(whereSeparator: \.isNewline).filter { !$0.contains("-----") }.joined()
        guard let structure = Base64URL.bytes(String(body.filter { !$0.isWhitespace })),
            structure.starts(with: Self.prefix), structure.count == Self.prefix.count + 32
        else { return nil }
        bytes = Array(structure.dropFirst(Self.prefix.count))
    }

    /// The device's id: SHA-256 of the key's bytes, in hexadecimal digits.
    var deviceID: String { Hex.text(SHA256.hash(data: bytes)) }

    /// The key as base64url: the form it is kept in.
    var text: String { Base64URL.text(bytes) }

    /// Whether the bytes can be a key at all.
    var isUsable: Bool { bytes.count == 32 }

    /// Whether `signature` (base64url) is this key's over `payload`.
    func verifies(_ signature: String, over payload: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes),
            let signature = Base64URL.bytes(signature)
        else { return false }
        return key.isValidSignature(signature, for: Array(payload.utf8))
    }

    /// What stands before the key in a SubjectPublicKeyInfo of Ed25519 (RFC 8410 section 10.1).
    private static let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
}
