import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway
@testable import Time

private let now: Timestamp = 1_800_000_000_000

/// A certificate in PEM, made at `time`, and its key.
private func pair(at time: Timestamp = now) throws -> (certificate: String, key: String) {
    let key = SigningKey()
    return try (SignedCertificate(signedBy: key, owner: "test", hostNames: [], at: time).text, key.text())
}

extension TestInstance {
    fileprivate func write(certificate: String? = nil, key: String? = nil, to directory: AbsolutePath? = nil) throws {
        let directory = directory ?? tlsDirectory
        try DurableFile.makeDirectory(directory)
        if let certificate { try DurableFile.write(Array(certificate.utf8), to: directory / "gateway-cert.pem") }
        if let key { try DurableFile.write(Array(key.utf8), to: directory / "gateway-key.pem") }
    }

    /// Why the gateway does not start at `time`; nil when it does.
    fileprivate func fault(at time: Timestamp = now) -> String? {
        do throws(ConfigurationError) {
            guard let files = try configuration.tlsFiles() else { return "no TLS" }
            // As a start does.
            let (identity, _) = try TLSIdentity.loadOrMake(files, profile: "test", at: time)
            return identity.chain.isEmpty ? "no certificate" : nil
        } catch {
            return "\(error)"
        }
    }
}

@Test func `a certificate of one's own is used, and never written`() throws {
    let elsewhere = try TestInstance.encrypted()
    let (certificate, key) = try pair()
    try elsewhere.write(certificate: certificate, key: key)
    let paths: JSONObject = [
        "certPath": .string(elsewhere.certificateFile.text), "keyPath": .string(elsewhere.keyFile.text),
    ]
    let instance = try TestInstance.encrypted(paths)
    #expect(instance.fault() == nil)
    #expect(try instance.configuration.tlsFiles()?.fingerprint() == elsewhere.configuration.tlsFiles()?.fingerprint())
    #expect(!FileManager.default.fileExists(atPath: instance.tlsDirectory.text))
    // Also when it is missing, expired or broken.
    let late = try #require(instance.fault(at: now + TimeSpan(11 * 365, .days)))
    #expect(late.contains("\(elsewhere.certificateFile) expired at 20"))
    #expect(late.contains("gateway.tls.certPath"))
    try elsewhere.write(certificate: "broken")
    #expect(instance.fault()?.contains(elsewhere.certificateFile.text) == true)
    try FileManager.default.removeItem(atPath: elsewhere.certificateFile.text)
    #expect(instance.fault()?.contains("\(elsewhere.certificateFile) is not there") == true)
    #expect(!FileManager.default.fileExists(atPath: elsewhere.certificateFile.text))
    #expect(try DurableFile.read(elsewhere.keyFile) == Array(key.utf8))
}

@Test func `what cannot be used is named with a remedy, and left as it is`() throws {
    let (certificate, key) = try pair()
    let other = try pair()
    let locked = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw
        -----END ENCRYPTED PRIVATE KEY-----

        """
    let cases: [(certificate: String?, key: String?, time: Timestamp, words: String)] = [
        (certificate, other.key, now, "is not the key of"), (certificate, nil, now, "gateway-key.pem"),
        (certificate, "", now, "gateway-key.pem is empty"), (certificate, "secret words", now, "holds no key"),
        (certificate, locked, now, "holds no key"), ("words", key, now, "holds no certificate in PEM"),
        (key, key, now, "holds no certificate in PEM"), (nil, "words", now, "holds no key"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key, now, "holds no certificate ("),
        (certificate, key, now + TimeSpan(3650, .days), "expired at"),
        (certificate, key, now - TimeSpan(2, .days), "not valid before"),
    ]
    for (certificate, key, time, words) in cases {
        let instance = try TestInstance.encrypted()
        try instance.write(certificate: certificate, key: key)
        let fault = try #require(instance.fault(at: time), "\(words)")
        #expect(fault.contains(words), "\(fault)")
        #expect(fault.contains("remove \(instance.certificateFile) and \(instance.keyFile)"), "\(fault)")
        #expect(!fault.contains("secret words"))
        #expect(try DurableFile.read(instance.certificateFile) == certificate.map { Array($0.utf8) })
        #expect(try DurableFile.read(instance.keyFile) == key.map { Array($0.utf8) })
    }
    // Those that are good beside them.
    let instance = try TestInstance.encrypted()
    try instance.write(certificate: certificate, key: key)
    #expect(instance.fault() == nil)
}

@Test func `a start that was cut off while it made them goes on with the key`() throws {
    let instance = try TestInstance.encrypted()
    let (_, key) = try pair()
    try instance.write(key: key)
    chmod(instance.keyFile.text, 0o644)
    #expect(instance.fault() == nil)
    #expect(try DurableFile.read(instance.keyFile) == Array(key.utf8))
    #expect(try FileManager.default.attributesOfItem(atPath: instance.keyFile.text)[.posixPermissions] as? Int == 0o600)
}

@Test func `nothing is made when that is not wanted`() throws {
    let instance = try TestInstance.encrypted(["autoGenerate": false])
    #expect(instance.fault()?.contains("gateway-cert.pem is not there") == true)
    #expect(!FileManager.default.fileExists(atPath: instance.tlsDirectory.text))
    let (certificate, key) = try pair()
    try instance.write(certificate: certificate, key: key)
    #expect(instance.fault() == nil)
}

@Test(
    arguments: [
        ["certPath": "/c.pem"], ["keyPath": "/k.pem"], ["certPath": "c.pem", "keyPath": "/k.pem"],
        ["certPath": "/c.pem", "keyPath": "/a/../k.pem"], ["caPath": "/ca.pem"],
        ["certPath": "/nowhere/c.pem", "keyPath": "/nowhere/k.pem"], ["certPath": "/etc", "keyPath": "/etc"],
    ] as [JSONObject])
func `what TLS cannot be spoken with keeps the gateway from starting`(members: JSONObject) throws {
    let instance = try TestInstance.encrypted(members)
    let error = #expect(throws: ConfigurationError.self) {
        try instance.configuration.requireStartable(allowsUnconfigured: false)
    }
    #expect("\(try #require(error))".contains("gateway.tls"))
    try TestInstance.encrypted().configuration.requireStartable(allowsUnconfigured: false)
}

@Test func `a key shows itself to nobody`() throws {
    let key = SigningKey()
    let secret = try key.text().split(separator: "\n")[1]
    var dumped = ""
    dump(key, to: &dumped)
    #expect(!"\(key) \(String(reflecting: key)) \(dumped)".contains(secret))
    let identity = try #require(try identity())
    dumped = ""
    dump(identity, to: &dumped)
    let text = String(decoding: identity.keyText, as: UTF8.self).split(separator: "\n")[1]
    #expect(!dumped.contains(text))
}

private func identity() throws -> TLSIdentity? {
    let instance = try TestInstance.encrypted()
    let files = try #require(try instance.configuration.tlsFiles())
    return try TLSIdentity.loadOrMake(files, profile: "test", at: now).identity
}
