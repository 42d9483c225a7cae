import Foundation
import JSON
import Policy
import Testing

@testable import Gateway
@testable import Time

/// The commands of an instance whose gateway speaks TLS.
@Suite struct TLSCommandTests {
    private let command: BuiltCommand
    private let port: UInt16
    private var state: String { ".mazelclaw-\(command.profile)" }
    private var certificate: String { "\(state)/gateway/tls/gateway-cert.pem" }

    init() async throws {
        (command, port) = try await BuiltCommand.withEcho()
    }

    private func run(_ arguments: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + arguments)
    }

    private func encrypt() async throws {
        try await #expect(run("config", "set", "gateway.tls.enabled", "true").code == 0)
    }

    private func fingerprint() async throws -> String? {
        try await JSON(parsing: Array(run("status", "--json").output.utf8))["tls"]?["fingerprint"]?.string
    }

    @Test func `they know the gateway by its certificate, and say which that is`() async throws {
        try await #expect(run("status").output.contains("\nTLS        off\n"))
        try await encrypt()
        let down = try await run("status")
        #expect(down.output.contains("\nTLS        on, the next start makes the certificate\n"))
        #expect(down.output.contains("\(command.profile): down"), "\(down.output)")
        try await #expect(run("doctor").output.contains("the next start makes the certificate"))
        let end = try await command.gateway("--profile", command.profile, "gateway") { _ in
            let status = try await run("status")
            #expect(status.code == 0, "\(status.output)")
            let fingerprint = try #require(try await fingerprint())
            #expect(status.output.contains("\nTLS        on, certificate SHA-256 \(fingerprint)\n"))
            #expect(status.output.contains("https://127.0.0.1:\(port)/health: version"))
            let doctor = try await run("doctor")
            #expect(doctor.code == 0)
            #expect(doctor.output.contains("SHA-256 \(fingerprint), valid until 20"))
            try await #expect(run("chat", "hello over TLS").output.contains("hello over TLS"))
            try await #expect(run("cron", "list").code == 0)
        }
        #expect(end.code == 0)
        #expect(end.errors.contains("made a certificate"))
    }

    @Test func `they let nobody else pass for the gateway`() async throws {
        try await encrypt()
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
            let good = try command.read(certificate)
            let other = try SignedCertificate(
                signedBy: SigningKey(), owner: "other", hostNames: [], at: WallClock.system.now)
            try command.write(other.text, to: certificate)
            let chat = try await run("chat", "secret words")
            #expect(chat.code == 1)
            #expect(chat.errors.contains("does not show the certificate"), "\(chat.errors)")
            let status = try await run("status")
            #expect(status.code == 1)
            #expect(status.output.contains("does not show the certificate"), "\(status.output)")
            #expect(status.output.hasSuffix(": foreign\n"))
            try command.write("broken", to: certificate)
            try await #expect(run("status").output.contains("holds no certificate in PEM"))
            try await #expect(run("chat", "secret words").code == 78)
            try command.write(good, to: certificate)
            try await #expect(run("chat", "hello again").output.contains("hello again"))
        }
    }

    @Test func `they let no gateway pass that speaks in the clear`() async throws {
        try await #expect(run("config", "set", "gateway.reload.mode", "off").code == 0)
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
            try await #expect(run("chat", "in the clear").code == 0)
            try await encrypt()
            let chat = try await run("chat", "secret words")
            #expect(chat.code == 1)
            #expect(chat.errors.contains("does not show the certificate"), "\(chat.errors)")
            try await #expect(run("status").output.hasSuffix(": foreign\n"))
        }
    }

    @Test func `TLS begins and ends with a start within the process`() async throws {
        _ = try await command.gateway("--profile", command.profile, "gateway") { process in
            let set = try await run("config", "set", "gateway.tls.enabled", "true")
            #expect(set.output == "Updated gateway.tls.enabled. A running gateway restarts to apply it.\n")
            try await #expect(eventually { try await run("status").code == 0 })
            let plain = try await HTTPAnswer.get(port, "/health")
            #expect(plain.status == 400)
            _ = try await run("config", "set", "gateway.tls.enabled", "false")
            try await #expect(eventually { try await run("status").code == 0 })
            try await #expect(HTTPAnswer.get(port, "/health").status == 200)
            #expect(process.isRunning)
            // With what it could not start with, it goes on as it is.
            let nowhere = "\(command.home)/\(state)/nowhere"
            _ = try await run(
                "config", "set", "gateway.tls", #"{enabled: true, certPath: "\#(nowhere)", keyPath: "\#(nowhere)"}"#)
            try await #expect(
                eventually { try await HTTPAnswer.get(port, "/health").json?["configuration"] == "refused" })
            try await #expect(run("status").output.contains("TLS        on, gateway.tls: \(nowhere) is not there"))
        }
    }

    @Test func `a certificate that is over is not replaced, and the start ends with 78`() async throws {
        try await encrypt()
        let key = SigningKey()
        let old = try SignedCertificate(signedBy: key, owner: "old", hostNames: [], at: 1_000_000_000_000)
        try command.write(old.text, to: certificate)
        try command.write(key.text(), to: "\(state)/gateway/tls/gateway-key.pem")
        let start = try await run("gateway")
        #expect(start.code == 78)
        #expect(start.errors.contains("\(certificate) expired at 2011"), "\(start.errors)")
        #expect(start.errors.contains("remove "))
        try await #expect(run("doctor").output.contains("Start: gateway.tls: "))
        #expect(try command.read(certificate) == old.text)
    }
}
