import NIOSSL

/// A certificate for localhost and 127.0.0.1 that nobody trusts who is not told to. Its key is no secret.
package struct TestCertificate: Sendable {
    /// The certificate, which is its own root.
    package let certificate: String
    private let key: String

    /// What a server with it speaks.
    var configuration: TLSConfiguration {
        get throws {
            try TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem))],
                privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        }
    }

    /// Made for these tests, good until 2120.
    package static let localhost = TestCertificate(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
            c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
            CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEwZwhs/I8GZkC6+
            oucKrLCxnQo1FlaEPf+QXnDOwyJ+2e0odZeYSb2ZiGrb7as6OE+5nmtRpKNzgcyc
            1cYfpS6jTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0
            hwR/AAABMB0GA1UdDgQWBBRixGmjGJqVN5UxOrHMYLlpYqagmTAKBggqhkjOPQQD
            AgNJADBGAiEAhKer1NVXGh4+HybCSpavO43PFr3ltHC8LKC0yCwMLUsCIQCZOZVZ
            0A1hsv1q9GZ3mVGDSrsQH48zKnKBMBlrFpXM6A==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYfdt9uVZiUIKwGtS
            4grpNUuNYc7TQVOZmq4HGQXlGjyhRANCAARMGcIbPyPBmZAuvqLnCqywsZ0KNRZW
            hD3/kF5wzsMiftntKHWXmEm9mYhq2+2rOjhPuZ5rUaSjc4HMnNXGH6Uu
            -----END PRIVATE KEY-----
            """)
}
