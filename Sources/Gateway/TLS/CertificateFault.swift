/// What is wrong with a certificate.
struct CertificateFault: Error, Sendable, CustomStringConvertible {
    /// What it is.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
