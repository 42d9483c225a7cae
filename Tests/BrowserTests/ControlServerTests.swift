import Browser
import Dispatch
import Glibc
import JSON
import NIOHTTP1
import NIOPosix
import Testing

/// Browser control over HTTP.
@Suite(.timeLimit(.minutes(1))) struct ControlServerTests {
    /// Lets in who shows `Authorization: Bearer t`.
    private struct Access: ControlAccess {
        func refusal(_ head: HTTPRequestHead, from peerAddress: String) -> ControlRefusal? {
            guard head.headers["authorization"] != ["Bearer t"] else { return nil }
            return ControlRefusal(status: 401, message: "no", fields: [("www-authenticate", "Bearer")])
        }
    }

    /// Gives `body` what is answered to what a client writes. The service says what it was asked.
    private func serve(_ body: (_ ask: (String) async throws -> String) async throws -> Void) async throws {
        let server = try await ControlServer.start(port: 0, Access(), on: .singletonMultiThreadedEventLoopGroup) {
            request in
            var query = JSONObject()
            for (name, value) in request.query.sorted(by: { $0.key < $1.key }) { query[name] = .string(value) }
            return BrowserAnswer(
                status: request.path == "/fault" ? 409 : 200,
                body: [
                    "method": .string(request.method), "path": .string(request.path), "query": .object(query),
                    "body": request.body ?? .null,
                ])
        }
        let port = try #require(server.port.flatMap(UInt16.init(exactly:)))
        do {
            try await body { text in try await Self.exchange(port, text) }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private enum Fault: Error {
        case noConnection
    }

    /// Everything that comes back until the other end closes. Waited for in a thread of its own: the tasks that answer need
    /// those there are.
    private static func exchange(_ port: UInt16, _ text: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "client").async {
                continuation.resume(with: Result { try blockingExchange(port, text) })
            }
        }
    }

    private static func blockingExchange(_ port: UInt16, _ text: String) throws -> String {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Fault.noConnection }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // Refused in the middle: the answer is there.
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func request(_ line: String, _ fields: String = "", body: String = "") -> String {
        "\(line) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nConnection: close\r\n\(fields)"
            + (body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n") + "\r\n\(body)"
    }

    private static func body(_ answer: String) throws -> JSON {
        let end = try #require(answer.firstRange(of: "\r\n\r\n"))
        return try JSON(parsing: Array(answer[end.upperBound...].utf8))
    }

    @Test func `a request reaches the routes as it was meant`() async throws {
        try await serve { ask in
            let plain = try await ask(Self.request("GET /snapshot?format=ai&text=a+b%20%C3%A4&flag"))
            #expect(plain.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(plain.contains("cache-control: no-store"))
            try #expect(
                Self.body(plain) == [
                    "method": "GET", "path": "/snapshot", "query": ["flag": "", "format": "ai", "text": "a b ä"],
                    "body": .null,
                ])
            let json = "Content-Type: application/json; charset=utf-8\r\n"
            let sent = try await ask(Self.request("POST /act", json, body: "{\"kind\":\"click\"}"))
            try #expect(Self.body(sent)["body"] == ["kind": "click"])
            try await #expect(Self.body(ask(Self.request("DELETE /tabs/a%2Bb+c")))["path"] == "/tabs/a+b+c")
            try await #expect(ask(Self.request("GET /fault")).hasPrefix("HTTP/1.1 409 Conflict\r\n"))
        }
    }

    @Test func `whoever is not let in is told so before anything is read`() async throws {
        try await serve { ask in
            let answer = try await ask(
                "POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            #expect(answer.contains("www-authenticate: Bearer"))
            try #expect(Self.body(answer) == ["error": "no"])
        }
    }

    @Test func `content that cannot be meant is refused`() async throws {
        try await serve { ask in
            let json = "Content-Type: application/json\r\n"
            try await #expect(ask(Self.request("POST /act", body: "{}")).hasPrefix("HTTP/1.1 415 "))
            try await #expect(
                ask(Self.request("POST /act", "Content-Type: text/plain\r\n", body: "{}")).hasPrefix(
                    "HTTP/1.1 415 "))
            try await #expect(ask(Self.request("POST /act", json, body: "{a}")).hasPrefix("HTTP/1.1 400 "))
            try await #expect(ask(Self.request("GET /%FF")).hasPrefix("HTTP/1.1 400 "))
            try await #expect(ask(Self.request("GET /a?b=%2")).hasPrefix("HTTP/1.1 400 "))
            try await #expect(ask(Self.request("GET /a?b=%+5")).hasPrefix("HTTP/1.1 400 "))
            let full = "\"" + String(repeating: "x", count: (1 << 20) - 2) + "\""
            try await #expect(ask(Self.request("POST /act", json, body: full)).hasPrefix("HTTP/1.1 200 "))
            try await #expect(ask(Self.request("POST /act", json, body: full + " ")).hasPrefix("HTTP/1.1 413 "))
        }
    }
}
