/// What is wrong with a certificate.
struct CertificateFault: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in one sentence.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
