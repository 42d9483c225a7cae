import Configuration
import Files
import GatewayProtocol
import Policy
import Time

extension TLSIdentity {
    /// Reads `files`, or makes what is missing of them if that may be. Throws `ConfigurationError`.
    static func loadOrMake(
        _ files: TLSFiles, profile: String, at time: Timestamp
    ) throws(ConfigurationError) -> (identity: TLSIdentity, isNew: Bool) {
        if files.areOwn {
            // Somebody may have copied it here with the rights it had elsewhere.
            do throws(StorageError) {
                try files.state.makePrivate(files.key)
            } catch {
                guard error.isMissing else { throw .storage(error) }
            }
        }
        if let identity = try load(files, at: time) { return (identity, false) }
        // A key without a certificate is left by a start that was cut off in between.
        let existing = try files.read(files.key)
        let key: SigningKey
        if let existing {
            guard let old = SigningKey(String(decoding: existing, as: UTF8.self)) else { throw files.keyFault }
            key = old
        } else {
            key = SigningKey()
        }
        let host = HostDescription.current.name.lowercased()
        let (certificate, keyText): (String, String)
        do throws(CertificateFault) {
            certificate = try SignedCertificate(
                signedBy: key, owner: "profile \(profile)",
                hostNames: isHostName(host) && host != "localhost" ? [host] : [], at: time
            ).text
            keyText = try key.text()
        } catch {
            throw files.fault(files.key, "gives no certificate (\(error))")
        }
        do throws(StorageError) {
            try files.state.makeDirectory(files.certificate.parent)
            if existing == nil { try files.state.write(Array(keyText.utf8), to: files.key) }
            try files.state.write(Array(certificate.utf8), to: files.certificate)
        } catch {
            throw .storage(error)
        }
        guard let identity = try load(files, at: time) else { throw files.fault(files.certificate, "is gone") }
        return (identity, true)
    }

    /// Whether `name` can stand in a certificate (RFC 1123 section 2.1).
    private static func isHostName(_ name: String) -> Bool {
        let permitted = "abcdefghijklmnopqrstuvwxyz0123456789-"
        return name.utf8.count <= 253
            && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy(permitted.contains)
            }
    }
}

extension GatewayConfiguration {
    /// What the port shows: read, or made at `time` on the first start; nil when it speaks no TLS. Throws
    /// `ConfigurationError`.
    func loadTLSIdentity(at time: Timestamp) throws(ConfigurationError) -> (identity: TLSIdentity, isNew: Bool)? {
        guard let files = try tlsFiles() else { return nil }
        return try TLSIdentity.loadOrMake(files, profile: instance.name.text, at: time)
    }
}
