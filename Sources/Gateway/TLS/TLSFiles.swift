public import Configuration
import Files
public import Policy
public import Time

/// Where the certificate of the gateway's port is, and its key.
public struct TLSFiles: Sendable {
    /// The certificate, and those that vouch for it, in PEM.
    public let certificate: AbsolutePath
    /// Its key, in PEM.
    public let key: AbsolutePath
    /// Whether they are the instance's own, and not named in the configuration.
    let areOwn: Bool
    /// Whether they are made when they are missing. Those that the configuration names never are.
    let mayBeMade: Bool
    /// The instance's state directory.
    let state: HostileDirectory

    /// Why the file at `path` cannot be used, and what to do about it.
    func fault(_ path: AbsolutePath, _ reason: String) -> ConfigurationError {
        let remedy =
            areOwn
            ? "remove \(certificate) and \(key), and the next start makes new ones"
                + (mayBeMade ? "" : " if gateway.tls.autoGenerate is true")
            : "put a good one there, or remove gateway.tls.certPath and gateway.tls.keyPath to have them made"
        return .blocked("gateway.tls: \(path) \(reason); \(remedy)")
    }

    /// What tells the certificate from every other; nil when it is still to be made. Throws
    /// `ConfigurationError.blocked`.
    public func fingerprint() throws(ConfigurationError) -> CertificateFingerprint? {
        guard let chain = try chain() else { return nil }
        return CertificateFingerprint(of: chain[0])
    }

    /// The certificate and those that vouch for it, each in DER: at least one; nil when it is still to be made.
    func chain() throws(ConfigurationError) -> [[UInt8]]? {
        guard let text = try read(certificate) else { return nil }
        let chain: [[UInt8]]
        do throws(CertificateFault) {
            chain = try SignedCertificate.chain(in: String(decoding: text, as: UTF8.self))
        } catch {
            throw fault(certificate, "is no PEM (\(error))")
        }
        guard !chain.isEmpty else { throw fault(certificate, "holds no certificate in PEM") }
        return chain
    }

    /// The key is none.
    var keyFault: ConfigurationError { fault(key, "holds no key in PEM, or one with a passphrase") }

    /// The content of `path`, one of the two; nil when there is none and it may be made.
    func read(_ path: AbsolutePath) throws(ConfigurationError) -> [UInt8]? {
        let content: [UInt8]?
        do throws(StorageError) {
            content = try state.read(path)
        } catch {
            throw fault(path, "is of no use (\(error))")
        }
        guard content != nil || mayBeMade else { throw fault(path, "is not there") }
        return content
    }
}

extension GatewayConfiguration {
    /// What addresses on the gateway's port begin with: `http` or `https`.
    public var scheme: String { content.gateway.tls.enabled ? "https" : "http" }

    /// The certificate and the key of `gateway.tls`; nil when the port speaks no TLS. Throws
    /// `ConfigurationError.blocked` when they are not where the configuration can have them.
    public func tlsFiles() throws(ConfigurationError) -> TLSFiles? {
        let section = content.gateway.tls
        guard section.enabled else { return nil }
        let file = instance.configurationFile.value
        guard section.caPath == nil else {
            throw .blocked(
                "gateway.tls.caPath is set in \(file), but this version asks clients for no certificate; remove it, "
                    + "clients prove themselves by token and device")
        }
        guard section.certPath != nil || section.keyPath != nil else {
            let directory = instance.stateDirectory.value / "gateway" / "tls"
            return TLSFiles(
                certificate: directory / "gateway-cert.pem", key: directory / "gateway-key.pem", areOwn: true,
                mayBeMade: section.autoGenerate, state: instance.state)
        }
        guard let certPath = section.certPath, let keyPath = section.keyPath else {
            throw .blocked(
                "gateway.tls in \(file) names only one of certPath and keyPath; set both, or remove both to have them "
                    + "made")
        }
        return TLSFiles(
            certificate: try requiredPath(certPath, "gateway.tls.certPath"),
            key: try requiredPath(keyPath, "gateway.tls.keyPath"), areOwn: false, mayBeMade: false,
            state: instance.state)
    }

    /// The same for a command outside of the sandbox. On the word of a configuration that agents can write it reads only
    /// what agents can read: files in the state directory, in the workspace and in what the profile binds. Throws
    /// `ConfigurationError.blocked`.
    public func tlsFilesOfPayload() throws(ConfigurationError) -> TLSFiles? {
        guard let files = try tlsFiles(), !files.areOwn, instance.isToldByPayload else { return try tlsFiles() }
        let profile = instance.profile
        let trees =
            [instance.stateDirectory.value, instance.defaultWorkspace]
            + [instance.environmentWorkspace?.value, profile?.workspace].compactMap(\.self)
            + (profile?.binds.map(\.source) ?? [])
        for tree in trees.map(HostileDirectory.init) where tree.holds(files.certificate) && tree.holds(files.key) {
            return TLSFiles(
                certificate: files.certificate, key: files.key, areOwn: false, mayBeMade: false, state: tree)
        }
        throw .blocked(
            "gateway.tls in \(instance.configurationFile.value) names \(files.certificate) and \(files.key), which the "
                + "sandbox of this profile does not have; list their directory under \"binds\" in the profile file, or "
                + "put both into the state directory")
    }

    /// What the port shows, as it stands in the files at `time`, in milliseconds since 1970; nil when it speaks no TLS,
    /// and when the certificate is made at the next start. Throws `ConfigurationError.blocked`, which names the file at
    /// fault and the remedy.
    public func tlsIdentity(
        at time: Timestamp = WallClock.system.now
    ) throws(ConfigurationError) -> TLSIdentity? {
        guard let files = try tlsFiles() else { return nil }
        return try TLSIdentity.load(files, at: time)
    }
}
