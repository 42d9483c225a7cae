import Crypto
import SwiftASN1
import X509

/// The key of a certificate. It prints as nothing but that.
struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    let key: Certificate.PrivateKey

    /// A new one on the curve P-256.
    init() {
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    }

    /// Reads `text`, PEM; nil when that holds no key, or one behind a passphrase.
    init?(_ text: String) {
        // What the parser finds wrong may quote the key.
        guard let key = try? Certificate.PrivateKey(pemEncoded: text) else { return nil }
        self.key = key
    }

    /// It in PEM, with a line's end behind it, for the file that keeps it and the library that proves it. Throws
    /// `CertificateFault`.
    func text() throws(CertificateFault) -> String {
        do {
            return try key.serializeAsPEM().pemString + "\n"
        } catch {
            throw CertificateFault("the key cannot be written as PEM")
        }
    }

    /// `<key>`, whatever the key.
    var description: String { "<key>" }

    /// A mirror without children, so that `dump` shows nothing.
    var customMirror: Mirror { Mirror(self, children: []) }
}
