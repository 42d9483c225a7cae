import Foundation
import GatewayServer
import JSON
import NIOCore
import NIOSSL
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway
@testable import GatewayProtocol
@testable import Time

extension TestInstance {
    /// An instance whose port speaks TLS; `more` are further members of `gateway.tls`.
    static func encrypted(_ more: JSONObject = [:]) throws -> TestInstance {
        var section: JSONObject = ["enabled": true]
        for member in more.members { section[member.name] = member.value }
        let gateway: JSON = ["mode": "local", "auth": ["token": .string(token)], "tls": .object(section)]
        return try TestInstance(configuration: (["gateway": gateway] as JSON).text())
    }

    var tlsDirectory: AbsolutePath { configuration.instance.stateDirectory.value / "gateway" / "tls" }
    var certificateFile: AbsolutePath { tlsDirectory / "gateway-cert.pem" }
    var keyFile: AbsolutePath { tlsDirectory / "gateway-key.pem" }

    func ask(
        _ path: String, host: String = "localhost", headers: [String] = [], certificate: [UInt8]? = nil,
        change: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws -> HTTPAnswer {
        let lines = ["GET \(path) HTTP/1.1", "Host: \(host)", "Connection: close"] + headers
        return try await EncryptedExchange.send(
            lines.joined(separator: "\r\n") + "\r\n\r\n", port: port,
            certificate: #require(try certificate ?? DurableFile.read(certificateFile)), change: change)
    }
}

private func mode(_ path: AbsolutePath) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path.text)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
}

/// The suites of TLS 1.2 that nobody should use any more, and some of those left (RFC 9325 section 4.2).
private let suites: [(NIOTLSCipher, Bool)] = [
    (.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false), (.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, false),
    (.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, false), (.TLS_RSA_WITH_AES_128_GCM_SHA256, false),
    (.TLS_RSA_WITH_AES_128_CBC_SHA, false), (.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true),
    (.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, true), (.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, true),
]

@Test func `of TLS 1_2 only suites with authenticated encryption are spoken`() async throws {
    let instance = try TestInstance.encrypted()
    try await instance.serving { _ in
        for (suite, isSpoken) in suites {
            let answer = try? await instance.ask("/health") {
                $0.maximumTLSVersion = .tlsv12
                $0.cipherSuiteValues = [suite]
            }
            #expect(answer.map { $0.status == 200 } ?? false == isSpoken, "\(suite)")
        }
    }
}

@Test func `the first start makes a certificate for this host, and the next one keeps it`() async throws {
    let instance = try TestInstance.encrypted()
    try await instance.serving { _ in
        try await #expect(instance.ask("/health").json?["ok"] == true)
        let other = try SignedCertificate(
            signedBy: SigningKey(), owner: "other", hostNames: [], at: WallClock.system.now)
        await #expect(throws: NIOSSLError.self) {
            try await instance.ask("/health", certificate: Array(other.text.utf8))
        }
    }
    #expect(try mode(instance.keyFile) == 0o600)
    #expect(try mode(instance.tlsDirectory) == 0o700)
    let (certificate, key) = try (DurableFile.read(instance.certificateFile), DurableFile.read(instance.keyFile))
    try await instance.serving { _ in try await #expect(instance.ask("/ready").status == 200) }
    #expect(try DurableFile.read(instance.certificateFile) == certificate)
    #expect(try DurableFile.read(instance.keyFile) == key)
    let identity = try #require(try instance.configuration.tlsIdentity())
    #expect(identity.expiry > WallClock.system.now + TimeSpan(365, .days))
    #expect("\(identity.fingerprint)".count == 32 * 3 - 1)
    let names = try NIOSSLCertificate(bytes: identity.chain[0], format: .der)._subjectAlternativeNames()
        .map { Array($0.contents) }
    #expect(names.contains([127, 0, 0, 1]) && names.contains([UInt8](repeating: 0, count: 15) + [1]))
    for name in ["localhost", HostDescription.current.name.lowercased()] { #expect(names.contains(Array(name.utf8))) }
}

@Test(arguments: [(TLSVersion.tlsv11, false), (.tlsv12, true), (.tlsv13, true)])
func `TLS is spoken from version 1_2 on`(version: TLSVersion, isSpoken: Bool) async throws {
    let instance = try TestInstance.encrypted()
    try await instance.serving { _ in
        let change: (inout TLSConfiguration) -> Void = {
            $0.minimumTLSVersion = version
            $0.maximumTLSVersion = version
        }
        if isSpoken {
            try await #expect(instance.ask("/health", change: change).status == 200)
        } else {
            await #expect(throws: (any Error).self) { try await instance.ask("/health", change: change) }
        }
    }
}

@Test func `who speaks something else on the port is told so, and nobody else is held up`() async throws {
    let instance = try TestInstance.encrypted()
    try await instance.serving { gateway in
        for text in ["GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "\0\0\0", "\u{15}\u{3}\u{1}"] {
            let answer = try await instance.exchange(text)
            #expect(answer.status == 400)
            #expect(answer.body == "This port speaks TLS: use https:// or wss://.\n")
        }
        // What begins like TLS and is none.
        let wire = try Wire(port: instance.port)
        wire.send([22, 3, 1, 0, 4, 1, 2, 3, 4])
        try await #expect(!String(decoding: wire.readToEnd(), as: UTF8.self).contains("HTTP"))
        #expect(gateway.connectionCount == 0)
        try await #expect(instance.ask("/health").status == 200)
    }
}

@Test func `who does not finish a handshake is let go`() async throws {
    let instance = try TestInstance.encrypted()
    var limits = ServerLimits()
    limits.request = .milliseconds(100)
    try await instance.serving(limits: limits) { _ in
        for bytes in [[], [22], [22, 3, 1, 2, 0, 1]] as [[UInt8]] {
            let wire = try Wire(port: instance.port)
            wire.send(bytes)
            // It fails when the end does not come.
            try await #expect(wire.readToEnd().isEmpty)
        }
    }
}

@Test func `what is asked of pages and names is asked behind TLS too`() async throws {
    let instance = try TestInstance.encrypted()
    let upgrade = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    try await instance.serving { _ in
        try await #expect(instance.ask("/health", host: "evil.example").status == 421)
        try await #expect(instance.ask("/", headers: upgrade + ["Origin: https://evil.example"]).status == 403)
        try await #expect(instance.ask("/", headers: upgrade + ["Origin: https://localhost"]).status == 101)
        let remote = ["X-Forwarded-For: 203.0.113.7"]
        try await #expect(instance.ask("/__mazelclaw__/canvas/", headers: remote).status == 401)
        try await #expect(instance.ask("/__mazelclaw__/canvas/").status == 200)
    }
}

@Test(arguments: [true, false])
func `a client is told the scheme that the port speaks`(isEncrypted: Bool) async throws {
    let instance = try isEncrypted ? TestInstance.encrypted() : TestInstance()
    try await instance.open(.direct) { door in
        let client = try await door.client()
        _ = try await client.nonce()
        try client.send(ConnectRequest().json)
        let url = try await client.frame()?["payload"]?["canvasHostUrl"]?.string
        #expect(url == "\(isEncrypted ? "https" : "http")://127.0.0.1:\(instance.port)")
    }
}

@Test func `a large answer arrives whole behind TLS`() async throws {
    let instance = try TestInstance.encrypted()
    let content = String(repeating: "0123456789abcdef", count: 200_000)
    try content.write(toFile: "\(instance.canvas)/large.txt", atomically: true, encoding: .utf8)
    try await instance.serving { _ in
        try await #expect(instance.ask("/__mazelclaw__/canvas/large.txt").body == content)
    }
}
