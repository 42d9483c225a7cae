import Foundation
import GatewayServer
import JSON
import Policy

@testable import Configuration
@testable import Gateway
@testable import Time

extension TestInstance {
    /// An instance with the endpoints served, whose agents `main` and `ops` answer by a shell script: `$2` is what it
    /// is told before everything else, `$3` the message. `gateway` are further members of the section of that name, `more`
    /// of the configuration.
    static func withEndpoints(
        _ script: String = #"printf %s "$3""#, gateway: JSONObject = [:], more: JSONObject = [:]
    ) throws -> TestInstance {
        var section: JSONObject = [
            "mode": "local", "auth": ["token": .string(token)],
            "http": ["endpoints": ["chatCompletions": ["enabled": true], "responses": ["enabled": true]]],
        ]
        for member in gateway.members { section[member.name] = member.value }
        var configuration: JSONObject = [
            "gateway": .object(section),
            "agents": [
                "list": [["id": "main", "default": true], ["id": "ops"]],
                "defaults": [
                    "model": ["primary": "program"], "skipBootstrap": true,
                    "cliBackends": [
                        "program": [
                            "command": "/bin/sh", "args": ["-c", .string(script), "sh"], "output": "text",
                            "sessionMode": "none", "systemPromptArg": "--system", "serialize": false,
                        ]
                    ],
                ],
            ],
        ]
        for member in more.members { configuration[member.name] = member.value }
        return try TestInstance(configuration: JSON.object(configuration).text())
    }

    /// Serves a gateway while `body` uses it.
    func serving(
        clock: WallClock = .system, limits: ServerLimits = ServerLimits(), _ body: (Gateway) async throws -> Void
    ) async throws {
        let gateway = try Gateway(configuration: configuration, clock: clock, logger: Self.quietLogger)
        try await serve(gateway, limits: limits) { _ in try await body(gateway) }
    }

    /// The lines of a POST with the gateway's token; another when `token` is given, none when it is empty.
    static func post(
        _ path: String, _ content: String, token: String = TestInstance.token, headers: [String] = [],
        method: String = "POST"
    ) -> String {
        var lines = [
            "\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close",
            "Content-Length: \(content.utf8.count)",
        ]
        if !token.isEmpty { lines.append("Authorization: Bearer \(token)") }
        return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + content
    }

    /// Sends a POST, and reads the answer to its end.
    func post(
        _ path: String, _ content: JSON, token: String = TestInstance.token, headers: [String] = []
    ) async throws -> HTTPAnswer {
        try await exchange(Self.post(path, content.text(), token: token, headers: headers))
    }

    /// A file in the workspace of the agent `main`, where its script runs.
    func workspaceFile(_ name: String) -> String { (configuration.workspace.value / name).text }

    /// Lets a script go on that waits for `go`.
    func letGo() throws {
        try "".write(toFile: workspaceFile("go"), atomically: true, encoding: .utf8)
    }
}

extension HTTPAnswer {
    /// The content of an answer sent in chunks (RFC 9112 section 7.1), put together.
    var unchunked: String {
        var rest = Array(body.utf8)[...]
        var content: [UInt8] = []
        while let end = rest.firstRange(of: Array("\r\n".utf8)),
            let count = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), count > 0
        {
            content += rest[end.upperBound...].prefix(count)
            rest = rest[end.upperBound...].dropFirst(count + 2)
        }
        return String(decoding: content, as: UTF8.self)
    }

    /// The data of the server-sent events in it.
    var events: [String] {
        let text = has("transfer-encoding: chunked") ? unchunked : body
        return text.components(separatedBy: "\n\n").compactMap { event in
            event.components(separatedBy: "\n").first { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
        }
    }
}
