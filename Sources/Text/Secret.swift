import Crypto

/// A token or password. It prints as `<secret>`, has no encoding, and is compared without telling by its
/// timing where two differ.
public struct Secret: Sendable {
    private let text: String

    /// The secret `text`; nil when nothing but blanks stands in it.
    public init?(_ text: String) {
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        self.text = text
    }

    /// A fresh secret of `byteCount` random bytes, written as hexadecimal digits.
    public static func random(byteCount: Int) -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret(known: Hex.text((0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
    }

    private init(known text: String) {
        self.text = text
    }

    /// Whether both hold the same text. The time taken depends on the lengths at most: digests are compared,
    /// and swift-crypto compares digests in constant time.
    public func matches(_ other: Secret) -> Bool {
        SHA256.hash(data: Array(text.utf8)) == SHA256.hash(data: Array(other.text.utf8))
    }

    /// The text itself. Only for the file that keeps it, the payload a device signed, and the client it
    /// belongs to.
    package func revealed() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `<secret>`, whatever the text.
    public var description: String { "<secret>" }

    /// `<secret>`, whatever the text.
    public var debugDescription: String { "<secret>" }

    /// A mirror without children, so that `dump` shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
