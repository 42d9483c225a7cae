import Foundation
import JSON
import Synchronization
import Testing

/// A model service on a port of 127.0.0.1, for programs that are started beside the tests: it speaks chat completions, and
/// answers each request as a test says.
final class TestService: Sendable {
    /// An answer to a request.
    struct Answer: Sendable {
        var status = "200 OK"
        var type = "text/event-stream"
        var body: String

        /// One that says `text`, for so many tokens.
        static func saying(_ text: String, after thought: String = "", read: Int64 = 12, written: Int64 = 3) -> Answer {
            let before: JSON = [
                "id": "a", "choices": [["index": 0, "delta": ["reasoning_content": .string(thought)]]],
            ]
            let first: JSON = ["id": "a", "choices": [["index": 0, "delta": ["content": .string(text)]]]]
            let last: JSON = [
                "id": "a", "choices": [["index": 0, "delta": [:], "finish_reason": "stop"]],
                "usage": [
                    "prompt_tokens": .integer(read), "completion_tokens": .integer(written),
                    "total_tokens": .integer(read + written),
                ],
            ]
            let beginning = thought.isEmpty ? "" : "data: \(before.text())\n\n"
            return Answer(body: "\(beginning)data: \(first.text())\n\ndata: \(last.text())\n\ndata: [DONE]\n\n")
        }

        /// A failure that the service explains with `message`.
        static func failing(_ status: String, _ message: String) -> Answer {
            let body: JSON = ["error": ["message": .string(message)]]
            return Answer(status: status, type: "application/json", body: body.text())
        }
    }

    /// A request that came.
    struct Request: Sendable {
        var line: String
        /// Header fields, by their names in lower case.
        var fields: [String: String]
        var json: JSON
    }

    let port: UInt16
    private let listener: Int32
    private let answer: @Sendable (Request) -> Answer
    private let log = Mutex<[Request]>([])

    init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(listener >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { [listener] address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isBound && listen(listener, 64) == 0)
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread.detachNewThread { [self] in serve(connection) }
            }
        }
    }

    /// What came, in order.
    var requests: [Request] { log.withLock(\.self) }

    /// Takes no more.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    private func serve(_ connection: Int32) {
        defer { Foundation.close(connection) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return }
            bytes += chunk[..<count]
            guard let request = Self.request(bytes) else { continue }
            log.withLock { $0.append(request) }
            let answer = answer(request)
            let text =
                "HTTP/1.1 \(answer.status)\r\ncontent-type: \(answer.type)\r\ncontent-length: \(answer.body.utf8.count)\r\n"
                + "connection: close\r\n\r\n\(answer.body)"
            _ = send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
            return
        }
    }

    /// The request that `bytes` hold; nil while it is not whole.
    private static func request(_ bytes: [UInt8]) -> Request? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let line = lines.removeFirst()
        var fields: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let body = bytes[end.upperBound...]
        guard body.count >= fields["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
        return Request(line: line, fields: fields, json: (try? JSON(parsing: Array(body))) ?? .null)
    }
}

extension BuiltCommand {
    /// One that is set up with the services of `providers`, whose agents have `model`. The gateway's port comes with it.
    static func withModels(
        _ providers: String, model: String = #"{"primary": "one/small"}"#, more: String = ""
    ) async throws -> BuiltCommand {
        let command = try BuiltCommand()
        try command.write(
            """
            {
              // The gateway of a test.
              "gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
              "agents": {"defaults": {"skipBootstrap": true, "model": \(model)}},\(more)
              "models": {"providers": {\(providers)}}
            }
            """, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(Port.free())")
        try #require(setup.code == 0, "\(setup.errors)")
        return command
    }

    /// The configuration file.
    var configurationFile: String { ".mazelclaw-\(profile)/mazelclaw.json" }
}
