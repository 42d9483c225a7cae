import Browser
import Dispatch
import Glibc
import JSON
import NIOHTTP1
import NIOPosix
import Testing

/// Browser control over HTTP.
@Suite(.timeLimit(.minutes(5))) struct ControlServerTests {
    /// Lets in who shows `Authorization: Bearer t`.
    private struct Access: ControlAccess {
        func refusal(_ head: HTTPRequestHead, from peerAddress: String) -> ControlRefusal? {
            guard head.headers["authorization"] != ["Bearer t"] else { return nil }
            return ControlRefusal(status: 401, message: "no", fields: [("www-authenticate", "Bearer")])
        }
    }

    /// Gives `body` what is answered to what a client writes. The service says what it was asked.
    private func serve(_ body: (_ ask: (String) async throws -> String) async throws -> Void) async throws {
        try await serve(ControlLimits()) { port in
            try await body { text in try await Self.exchange(port, text) }
        }
    }

    /// Gives `body` the port of a service that says what it was asked.
    private func serve(_ limits: ControlLimits, _ body: (_ port: UInt16) async throws -> Void) async throws {
        let server = try await ControlServer.start(
            port: 0, Access(), on: .singletonMultiThreadedEventLoopGroup, limits: limits
        ) { request in
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
            try await body(port)
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
        try await onThread { try blockingExchange(port, text) }
    }

    /// The same of a client that sends before it is given up: on a busy machine one may be too late, and its connection is
    /// reset (tcp(7)).
    private static func inTime(_ port: UInt16, _ text: String) async throws -> String {
        var answer = ""
        for _ in 1...20 where answer.isEmpty { answer = try await exchange(port, text) }
        return answer
    }

    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "client").async { continuation.resume(with: Result { try body() }) }
        }
    }

    private static func blockingExchange(_ port: UInt16, _ text: String) throws -> String {
        let client = try connection(to: port)
        defer { close(client) }
        send(text, over: client)
        return rest(of: client)
    }

    /// A connection to `port`, to be closed.
    private static func connection(to port: UInt16) throws -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(client)
            throw Fault.noConnection
        }
        return client
    }

    private static func send(_ text: String, over client: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // Refused in the middle: the answer is there.
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
    }

    /// What comes next.
    private static func part(of client: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(client, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// Everything that comes until the other end closes.
    private static func rest(of client: Int32) -> String {
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

    @Test func `so many connections are served, as many more are told that there is no room, and no others`()
        async throws
    {
        var limits = ControlLimits()
        limits.connections = 2
        limits.leaving = .seconds(30)
        try await serve(limits) { port in
            let served = try (0..<2).map { _ in try Self.connection(to: port) }
            // One that was answered is served, and stays.
            for client in served {
                Self.send("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n\r\n", over: client)
                let answer = try await Self.onThread { Self.part(of: client) }
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
            let turnedAway = try (0..<2).map { _ in try Self.connection(to: port) }
            defer { for client in served.dropFirst() + turnedAway { close(client) } }
            for client in turnedAway {
                let answer = try await Self.onThread { Self.rest(of: client) }
                #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
                try #expect(Self.body(answer)["error"]?.string?.contains("serves 2 connections at once") == true)
            }
            let beyond = try await Self.exchange(port, "")
            #expect(beyond.isEmpty)
            // One goes, and there is room again.
            close(served[0])
            var last = ""
            repeat { last = try await Self.exchange(port, Self.request("GET /")) } while !last.hasPrefix("HTTP/1.1 200")
            #expect(last.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test func `what comes slowly is not waited for`() async throws {
        var limits = ControlLimits()
        limits.patience = .milliseconds(200)
        try await serve(limits) { port in
            for part in [
                "", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
                "POST /act HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Length: 2\r\n\r\n{",
            ] {
                let answer = try await Self.inTime(port, part)
                #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"), "\(part)")
            }
            // After an answer the connection is kept, for as long, and closed without a word.
            let idle = try await Self.inTime(
                port, "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n\r\n")
            #expect(idle.hasPrefix("HTTP/1.1 200 OK\r\n") && !idle.contains("HTTP/1.1 408"))
        }
    }
}
