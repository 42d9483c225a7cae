import Configuration
import Text
public import Time

/// What the gateway shows on its port, and can prove to be its own: a certificate and its key.
public struct TLSIdentity: Sendable {
    /// The certificate and those that vouch for it, each in DER.
    public let chain: [[UInt8]]
    /// Until when the certificate is valid.
    public let expiry: Timestamp
    private let key: Secret

    /// The fingerprint of the certificate itself, by which clients of this host know it; not of those that vouch for
    /// it.
    public var fingerprint: CertificateFingerprint { CertificateFingerprint(of: chain[0]) }

    /// The key in PEM, for the library that proves it.
    package var keyText: [UInt8] { Array(key.revealed().utf8) }

    /// How long before its end a certificate is worth a word: 30 days.
    public static let notice = TimeSpan(30, .days)

    /// Reads `files` as they are at `time`; nil when they are still to be made. Throws
    /// `ConfigurationError.blocked`, which names the file and the remedy.
    static func load(_ files: TLSFiles, at time: Timestamp) throws(ConfigurationError) -> TLSIdentity? {
        guard let chain = try files.chain() else { return nil }
        guard let text = try files.read(files.key), let key = Secret(String(decoding: text, as: UTF8.self)) else {
            throw files.fault(files.key, "is empty, or not there")
        }
        let certificate: SignedCertificate
        do throws(CertificateFault) {
            certificate = try SignedCertificate(chain[0])
        } catch {
            throw files.fault(files.certificate, "holds no certificate (\(error))")
        }
        guard let signingKey = SigningKey(key.revealed()) else { throw files.keyFault }
        guard certificate.fits(signingKey) else {
            throw files.fault(files.key, "is not the key of the certificate in \(files.certificate)")
        }
        guard time < certificate.end else {
            throw files.fault(files.certificate, "expired at \(RFC3339.text(certificate.end))")
        }
        guard time >= certificate.beginning else {
            throw files.fault(files.certificate, "is not valid before \(RFC3339.text(certificate.beginning))")
        }
        return TLSIdentity(chain: chain, expiry: certificate.end, key: key)
    }
}
