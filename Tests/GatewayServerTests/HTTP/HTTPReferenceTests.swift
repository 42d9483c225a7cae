import Foundation
import GatewayServer
import JSON
import Testing

@testable import Gateway

/// A row of the table in HTTP.md: a way to ask for what it lists, and to whom the page says it is served.
struct ServedRow: CustomTestStringConvertible {
    let method: String
    let path: String
    let readers: String
    var testDescription: String { "\(method) \(path)" }

    static func all() throws -> [ServedRow] {
        let page = URL(filePath: #filePath)
            .appending(path: "../../../../Sources/GatewayServer/GatewayServer.docc/HTTP.md").standardized
        return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").flatMap { line -> [ServedRow] in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("| `"), cells.count == 3 else { return [] }
            // What stands between backticks, save the keys of the configuration.
            let asked = cells[0].split(separator: "`").map { $0.split(separator: " ") }
                .filter { $0.last?.hasPrefix("/") == true }
            return asked.map { words in
                let path = words[words.count - 1].replacing("AGENT", with: "main").replacing("...", with: "wake")
                return ServedRow(
                    method: words.count > 1 ? String(words[0]) : "GET", path: String(path), readers: cells[2])
            }
        }
    }
}

/// An instance that serves everything the page lists.
private func instance() throws -> TestInstance {
    try TestInstance.withEndpoints(
        more: ["hooks": ["enabled": true, "token": "the-token-for-hooks"]])
}

@Test func `the page on HTTP lists everything that is served`() throws {
    let listed = Set(try ServedRow.all().map(\.path))
    #expect(
        listed == [
            "/", "/health", "/ready", "/__mazelclaw__/canvas/", "/__mazelclaw__/ws", "/avatar/main", "/metrics",
            "/hooks/wake", ChatCompletionRequest.path, ResponsesRequest.path, ToolInvocation.path,
        ])
}

@Test(arguments: try ServedRow.all())
func `what the page on HTTP lists is served, to whom it says`(row: ServedRow) async throws {
    let instance = try instance()
    try await instance.serving { _ in
        /// Whether somebody is told that the token is missing, or wrong.
        func isRefused(_ headers: [String]) async throws -> Bool {
            if row.path.hasSuffix("/ws") {
                let client = try await WebSocketClient(port: instance.port, path: row.path, headers: headers)
                #expect(client.answer.hasPrefix("HTTP/1.1 101") || client.answer.hasPrefix("HTTP/1.1 401"))
                return client.answer.hasPrefix("HTTP/1.1 401")
            }
            let browser = row.path == "/" ? ["Accept: text/html"] : []
            let answer = try await instance.get(row.path, method: row.method, headers: headers + browser)
            #expect(!answer.body.contains("nothing is served at this path"))
            #expect(answer.status != 405)
            return answer.status == 401
        }
        let stranger = "X-Forwarded-For: 203.0.113.7"
        let isHook = row.readers.contains("hooks.token")
        let token = "Authorization: Bearer \(isHook ? "the-token-for-hooks" : TestInstance.token)"
        let (isForAll, isForHost) = (row.readers == "everybody", row.readers.hasPrefix("this host"))
        #expect(isForAll || isForHost || row.readers.hasPrefix("with "), "\(row.readers)")
        try await #expect(isRefused([]) == !(isForAll || isForHost))
        try await #expect(isRefused([stranger]) == !isForAll)
        try await #expect(isRefused([stranger, token]) == false)
        try await #expect(isRefused([stranger, "Authorization: Bearer wrong"]) == !isForAll)
    }
}
