import Crypto
import Foundation
import SwiftASN1
import Time
import X509

/// A certificate (RFC 5280), as far as somebody who shows it has to know it.
struct SignedCertificate: Sendable {
    /// The whole certificate in DER (X.690).
    let bytes: [UInt8]
    /// From when on it is valid.
    let beginning: Timestamp
    /// Until when it is valid.
    let end: Timestamp
    private let publicKey: Certificate.PublicKey

    /// Reads `bytes`, which are DER. Throws `CertificateFault`.
    init(_ bytes: [UInt8]) throws(CertificateFault) {
        do {
            self.init(try Certificate(derEncoded: bytes), bytes)
        } catch {
            throw CertificateFault("\(error)")
        }
    }

    private init(_ certificate: Certificate, _ bytes: [UInt8]) {
        func time(_ date: Date) -> Timestamp {
            Timestamp(clamping: Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded(.down)) ?? .max)
        }
        self.bytes = bytes
        beginning = time(certificate.notValidBefore)
        end = time(certificate.notValidAfter)
        publicKey = certificate.publicKey
    }

    /// Whether it was made for `key`.
    func fits(_ key: SigningKey) -> Bool { key.key.publicKey == publicKey }

    /// All certificates that stand in `text`, PEM, each in DER. Throws `CertificateFault`.
    static func chain(in text: String) throws(CertificateFault) -> [[UInt8]] {
        do {
            return try PEMDocument.parseMultiple(pemString: text)
                .filter { $0.discriminator == "CERTIFICATE" }.map(\.derBytes)
        } catch {
            throw CertificateFault("\(error)")
        }
    }

    /// It in PEM, with a line's end behind it.
    var text: String { PEMDocument(type: "CERTIFICATE", derBytes: bytes).pemString + "\n" }

    /// A new one for a server with `key`, vouched for by that very key: for the loopback addresses, `localhost` and
    /// `hostNames`, from the day before `time` (milliseconds since 1970) for ten years. `owner` is whom it is for.
    /// Throws `CertificateFault`.
    init(
        signedBy key: SigningKey, owner: String, hostNames: [String], at time: Timestamp
    ) throws(CertificateFault) {
        do {
            let name = try DistinguishedName {
                OrganizationName("MazelClaw")
                CommonName(owner)
            }
            let now = Date(timeIntervalSince1970: Double(time.seconds))
            let day = 86_400.0
            let names: [GeneralName] =
                [
                    .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(ASN1OctetString(contentBytes: ArraySlice([UInt8](repeating: 0, count: 15) + [1]))),
                    .dnsName("localhost"),
                ] + hostNames.map { .dnsName($0) }
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.key.publicKey,
                // A client's clock may be behind.
                notValidBefore: now.addingTimeInterval(-day), notValidAfter: now.addingTimeInterval(3650 * day),
                issuer: name, subject: name,
                // No authority: whoever trusts it trusts this gateway, and nothing that its key could sign.
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names)
                }, issuerPrivateKey: key.key)
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            self.init(certificate, serializer.serializedBytes)
        } catch {
            throw CertificateFault("\(error)")
        }
    }
}
