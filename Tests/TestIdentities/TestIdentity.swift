import Crypto
import Foundation
package import NIOSSL
import SwiftASN1
import X509

/// A certificate that a test made, and a server that shows it.
package struct TestIdentity: Sendable {
    /// The certificate, for those who are to trust it.
    package let certificate: NIOSSLCertificate
    /// What a server shows it with.
    package let server: NIOSSLContext
    /// The certificate as a file has it.
    package let pem: String

    /// A certificate for `host`, signed by itself.
    package static func make(host: String) throws -> TestIdentity {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName(host) }
        let now = Date()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(3600), issuer: name,
            subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames([.dnsName(host)])
            }, issuerPrivateKey: .init(key))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        let shown = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
        let privateKey = try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
        return TestIdentity(
            certificate: shown,
            server: try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: [.certificate(shown)], privateKey: .privateKey(privateKey))),
            pem: try certificate.serializeAsPEM().pemString)
    }
}
