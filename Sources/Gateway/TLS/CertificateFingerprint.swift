import Crypto
import Text

/// What tells a certificate from every other: the SHA-256 of its DER form.
public struct CertificateFingerprint: Equatable, Sendable, CustomStringConvertible {
    private let digest: [UInt8]

    /// The fingerprint of the certificate whose DER form is `certificate`.
    public init(of certificate: [UInt8]) {
        digest = Array(SHA256.hash(data: certificate))
    }

    /// Pairs of hexadecimal digits in upper case with colons between them, as openssl(1) and browsers write it.
    public var description: String { digest.map { Hex.text([$0]).uppercased() }.joined(separator: ":") }
}
