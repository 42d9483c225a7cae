import JSON
import NIOCore
import NIOSSL
import Synchronization
import TestIdentities
import Testing
import Text
import Time

@testable import ModelServices

/// Services on real sockets, with what they do to those who ask them.
@Suite struct ModelClientTests {
    private static let key = "sk-test-0123456789abcdef"

    /// What a test hears.
    private final class Hearing: Sendable {
        private let all = Mutex<[ModelEvent]>([])
        func hear(_ event: ModelEvent) { all.withLock { $0.append(event) } }
        var events: [ModelEvent] { all.withLock(\.self) }
        var answer: ModelAnswer? {
            if case .done(let answer) = events.last { answer } else { nil }
        }
        var failure: ModelFailure? {
            if case .failed(let failure, _) = events.last { failure } else { nil }
        }
        var partial: ModelAnswer? {
            if case .failed(_, let partial) = events.last { partial } else { nil }
        }
        var retries: [ModelRetry] {
            events.compactMap { if case .retry(let retry) = $0 { retry } else { nil } }
        }
        /// Whether text came already.
        var hasText: Bool {
            events.contains { if case .blockDelta = $0 { true } else { false } }
        }
    }

    /// Pauses that take no time, and are noted.
    private final class Pauses: Sendable {
        private let all = Mutex<[Int64]>([])
        var seconds: [Int64] { all.withLock(\.self) }
        func policy(at now: Int64 = 784_111_777_000) -> RetryPolicy {
            var policy = RetryPolicy()
            policy.sleep = { span in self.all.withLock { $0.append(span.count(.seconds)) } }
            policy.clock = WallClock { now }
            return policy
        }
    }

    private func service(at port: Int, scheme: String = "http", host: String = "127.0.0.1") throws -> ServiceDescription
    {
        ServiceDescription(
            id: "test", address: try ServiceAddress("\(scheme)://\(host):\(port)/v1"), key: Secret(Self.key))
    }

    private static let request = ModelRequest(systemPrompt: "Be kind.", messages: [.user([.text("hello")])])

    /// Asks the service at `port` once.
    @discardableResult
    private func ask(
        _ port: Int, _ format: WireFormat = .chatCompletions, limits: ServiceLimits = .patient,
        retries: RetryPolicy = Pauses().policy(), environment: [String: String] = [:],
        change: (inout ServiceDescription) -> Void = { _ in }
    ) async throws -> Hearing {
        let client = ModelClient(environment: environment, limits: limits, retries: retries)
        let hearing = Hearing()
        var service = try service(at: port)
        change(&service)
        await client.answer(Self.request, by: .test(format), of: service) { hearing.hear($0) }
        await client.shutDown()
        let ends = hearing.events.filter { event in
            switch event {
            case .done, .failed: true
            case .start, .retry, .blockStart, .blockDelta, .blockEnd: false
            }
        }
        #expect(ends.count == 1)
        return hearing
    }

    private static func text(_ format: WireFormat) throws -> [UInt8] { try Recording.text(of: format).stream }

    // MARK: Answers

    @Test(arguments: Recording.all)
    func `an answer comes over a connection, byte by byte too`(recording: Recording) async throws {
        let stream = try recording.stream
        for size in [stream.count, 1] {
            try await ScriptedService.serving([
                { peer in
                    try await peer.head()
                    for start in Swift.stride(from: 0, to: stream.count, by: size) {
                        try await peer.write(Array(stream[start..<min(stream.count, start + size)]))
                    }
                }
            ]) { service in
                let hearing = try await ask(service.port, try recording.format)
                let answer = try #require(hearing.answer)
                #expect(answer.summary.isSame(as: try recording.expected))
                #expect(answer.source.provider == "test")
            }
        }
    }

    @Test func `the request is the format's, with the key where it belongs`() async throws {
        for (format, path, field, value) in [
            (WireFormat.chatCompletions, "/v1/chat/completions", "authorization", "Bearer \(Self.key)"),
            (.responses, "/v1/responses", "authorization", "Bearer \(Self.key)"),
            (.messages, "/v1/messages", "x-api-key", Self.key),
        ] {
            try await ScriptedService.serving([{ try await $0.answer(try Self.text(format)) }]) { service in
                let hearing = try await ask(service.port, format) { $0.headers = ["X-Team": "blue"] }
                #expect(hearing.answer != nil)
                let request = try #require(service.requests.first)
                #expect(request.line == "POST \(path) HTTP/1.1")
                #expect(request.fields[field] == value)
                #expect(request.fields["x-team"] == "blue")
                #expect(request.fields["content-type"] == "application/json")
                #expect(request.json?["model"] == "test-model")
                #expect(request.json?["stream"] == true)
            }
        }
    }

    @Test func `a key can stand in the field Authorization everywhere, and a field of the configuration counts more`()
        async throws
    {
        try await ScriptedService.serving([{ try await $0.answer(try Self.text(.messages)) }]) { service in
            try await ask(service.port, .messages) { $0.hasBearerKey = true }
            try await ask(service.port, .messages) { $0.headers = ["X-Api-Key": "other"] }
            try await ask(service.port, .messages) { $0.key = nil }
            #expect(service.requests[0].fields["authorization"] == "Bearer \(Self.key)")
            #expect(service.requests[0].fields["x-api-key"] == nil)
            #expect(service.requests[1].fields["x-api-key"] == "other")
            #expect(service.requests[2].fields["x-api-key"] == nil)
        }
    }

    @Test func `who goes on after the end is not waited for`() async throws {
        var limits = ServiceLimits.patient
        limits.closingTime = TimeSpan(50, .milliseconds)
        let stream = try Self.text(.chatCompletions)
        let end = try #require(stream.firstRange(of: Array("data: [DONE]".utf8))).lowerBound
        try await ScriptedService.serving([
            { peer in
                try await peer.head()
                try await peer.write(Array(stream[..<end]))
                try await peer.waitForEnd()
            }
        ]) { [limits] service in
            let hearing = try await ask(service.port, limits: limits)
            #expect(hearing.answer?.text == "Grüße, 日本 👩‍🚀")
        }
    }

    // MARK: Asking again

    @Test func `a service that fails is asked again, with longer pauses, and then given up`() async throws {
        for (status, kind) in [
            ("429 Too Many Requests", ModelFailure.Kind.rateLimited), ("500 Broken", .broken),
            ("502 Bad Gateway", .broken),
            ("503 Unavailable", .overloaded), ("529 Overloaded", .overloaded), ("504 Timeout", .timeout),
        ] {
            let pauses = Pauses()
            try await ScriptedService.serving([{ try await $0.answer("later", status: status, type: "text/plain") }]) {
                service in
                let hearing = try await ask(service.port, retries: pauses.policy())
                #expect(hearing.failure?.kind == kind)
                #expect(hearing.retries.count == 3)
                #expect(pauses.seconds == [2, 4, 8])
                #expect(service.requests.count == 4)
            }
        }
    }

    @Test func `after a failure an answer may come`() async throws {
        let pauses = Pauses()
        try await ScriptedService.serving([
            { try await $0.answer("{\"type\":\"error\"}", status: "529 Overloaded", type: "application/json") },
            { _ in }, { try await $0.answer(try Self.text(.messages)) },
        ]) { service in
            let hearing = try await ask(service.port, .messages, retries: pauses.policy())
            #expect(hearing.answer?.text == "Grüße, 日本 👩‍🚀")
            #expect(pauses.seconds == [2, 4])
            #expect(hearing.retries.map(\.failure.kind) == [.overloaded, .truncated])
        }
    }

    @Test(
        arguments: [
            ("retry-after: 7", [7, 7, 8]), ("retry-after: 60", [60, 60, 60]), ("retry-after: 61", []),
            ("retry-after: Sun, 06 Nov 1994 08:49:47 GMT", [10, 10, 10]),
            ("retry-after: Sun, 06 Nov 1994 08:59:37 GMT", []),
            ("retry-after: Sun, 06 Nov 1994 08:00:00 GMT", [2, 4, 8]),
            ("retry-after: soon", [2, 4, 8]), ("retry-after: -5", [2, 4, 8]), ("retry-after-ms: 5000", [5, 5, 8]),
        ] as [(String, [Int64])])
    func `a service is left alone as long as it says`(field: String, expected: [Int64]) async throws {
        let pauses = Pauses()
        try await ScriptedService.serving([
            { try await $0.answer("", status: "429 Too Many Requests", type: "text/plain", fields: [field]) }
        ]) {
            service in
            let hearing = try await ask(service.port, retries: pauses.policy())
            #expect(pauses.seconds == expected)
            #expect(hearing.failure?.kind == .rateLimited)
        }
    }

    @Test func `what asking again does not mend is not asked again`() async throws {
        for (status, body, kind) in [
            ("400 Bad", "{\"error\":{\"message\":\"bad\"}}", ModelFailure.Kind.rejected),
            ("400 Bad", "{\"error\":{\"message\":\"This model's maximum context length is 5\"}}", .contextOverflow),
            ("401 No", "{\"error\":{\"message\":\"no\"}}", .unauthorized), ("402 Pay", "", .exhausted),
            ("403 No", "no", .unauthorized), ("404 Nowhere", "<html>", .notFound), ("413 Long", "", .contextOverflow),
            ("422 Odd", "{\"detail\":[{\"msg\":\"odd\"}]}", .rejected),
            ("429 Full", "{\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}", .exhausted),
        ] {
            try await ScriptedService.serving([{ try await $0.answer(body, status: status, type: "application/json") }])
            { service in
                let hearing = try await ask(service.port)
                #expect(hearing.failure?.kind == kind)
                #expect(service.requests.count == 1)
            }
        }
    }

    @Test func `an answer that broke off is not asked for again`() async throws {
        let stream = try Self.text(.messages)
        try await ScriptedService.serving([{ try await $0.answer(Array(stream[..<(stream.count * 3 / 4)])) }]) {
            service in
            let hearing = try await ask(service.port, .messages)
            #expect(hearing.failure?.kind == .truncated)
            #expect(hearing.partial?.text.hasPrefix("Grüße") == true)
            #expect(hearing.partial?.stopReason == .error)
            #expect(service.requests.count == 1)
        }
    }

    @Test func `a failure in the middle of a stream is told with what came before`() async throws {
        let start = try Self.text(.chatCompletions)
        let middle = try #require(
            start.firstRange(
                of: Array(
                    ": keep-alive\n\ndata: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"test-model\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"日"
                        .utf8))
        ).lowerBound
        try await ScriptedService.serving([
            { peer in
                try await peer.answer(
                    Array(start[..<middle])
                        + Array("data: {\"error\":{\"message\":\"it broke\",\"code\":500}}\n\n".utf8))
            }
        ]) { service in
            let hearing = try await ask(service.port)
            #expect(hearing.failure?.kind == .broken)
            #expect(hearing.failure?.message.contains("it broke") == true)
            #expect(hearing.partial?.text == "Grüße, ")
        }
    }

    // MARK: Time

    @Test func `a service that does not answer in time is given up`() async throws {
        var limits = ServiceLimits.patient
        limits.connectTime = TimeSpan(100, .milliseconds)
        limits.firstByteTime = TimeSpan(100, .milliseconds)
        var retries = RetryPolicy()
        retries.pauses = []
        try await ScriptedService.serving([{ try await $0.waitForEnd() }]) { [limits, retries] service in
            let hearing = try await ask(service.port, limits: limits, retries: retries)
            #expect(hearing.failure?.kind == .timeout)
            #expect(hearing.partial?.stopReason == .error)
        }
    }

    @Test func `a service that does not go on in time is given up`() async throws {
        var limits = ServiceLimits.patient
        limits.idleTime = TimeSpan(100, .milliseconds)
        let stream = try Self.text(.messages)
        try await ScriptedService.serving([
            { peer in
                try await peer.answer(Array(stream[..<(stream.count * 3 / 4)]))
                try await peer.waitForEnd()
            }
        ]) { [limits] service in
            let hearing = try await ask(service.port, .messages, limits: limits)
            #expect(hearing.failure?.kind == .timeout)
            #expect(hearing.partial?.text.hasPrefix("Grüße") == true)
            #expect(service.requests.count == 1)
        }
    }

    @Test func `who wants no answer any more has the connection let go`() async throws {
        let stream = try Self.text(.messages)
        try await ScriptedService.serving([
            { peer in
                try await peer.answer(Array(stream[..<(stream.count * 3 / 4)]))
                try await peer.waitForEnd()
            }
        ]) { service in
            let client = ModelClient(environment: [:])
            let hearing = Hearing()
            let description = try self.service(at: service.port)
            let (heard, continuation) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                await client.answer(Self.request, by: .test(.messages), of: description) { event in
                    hearing.hear(event)
                    if hearing.hasText { continuation.yield() }
                }
            }
            for await _ in heard { break }
            task.cancel()
            await task.value
            #expect(hearing.failure?.kind == .aborted)
            #expect(hearing.partial?.stopReason == .aborted)
            #expect(hearing.partial?.text.hasPrefix("Grüße") == true)
            await client.shutDown()
            for _ in 0..<400 where service.closingCount == 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(service.closingCount == 1)
        }
    }

    @Test func `who wants no answer any more is not kept by a pause`() async throws {
        // A minute: nobody is so late to cancel that the pause is over.
        let later: ScriptedService.Script = {
            try await $0.answer("", status: "503 Later", type: "text/plain", fields: ["retry-after: 60"])
        }
        try await ScriptedService.serving([later]) { service in
            let client = ModelClient(environment: [:])
            let hearing = Hearing()
            let description = try self.service(at: service.port)
            let (heard, continuation) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                await client.answer(Self.request, by: .test(.messages), of: description) { event in
                    hearing.hear(event)
                    continuation.yield()
                }
            }
            for await _ in heard { break }
            task.cancel()
            await task.value
            await client.shutDown()
            #expect(hearing.failure?.kind == .aborted)
            #expect(service.requests.count == 1)
        }
    }

    // MARK: Hostile services

    @Test func `a port where nobody listens is told at once`() async throws {
        let port = try await ScriptedService.serving([{ _ in }]) { $0.port }
        let hearing = try await ask(port)
        #expect(hearing.failure?.kind == .unreachable)
        #expect(hearing.failure?.message.contains("connection refused") == true)
        #expect(hearing.retries.count == 3)
    }

    @Test func `a redirect is not followed`() async throws {
        try await ScriptedService.serving([{ try await $0.answer(try Self.text(.chatCompletions)) }]) { other in
            let port = other.port
            for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
                try await ScriptedService.serving([
                    { peer in
                        try await peer.answer(
                            "", status: status, fields: ["location: http://127.0.0.1:\(port)/v1/chat/completions"])
                    }
                ]) { service in
                    let hearing = try await ask(service.port)
                    #expect(hearing.failure?.kind == .redirected)
                }
            }
            #expect(other.requests.isEmpty)
        }
    }

    @Test func `a web page is no answer`() async throws {
        try await ScriptedService.serving([{ try await $0.answer("<html>Welcome</html>", type: "text/html") }]) {
            service in
            let hearing = try await ask(service.port)
            #expect(hearing.failure?.kind == .malformed)
            #expect(hearing.failure?.message.contains("baseUrl") == true)
            #expect(service.requests.count == 1)
        }
    }

    @Test func `what is no HTTP, and lengths that are not true, are told`() async throws {
        for answer in [
            "NONSENSE\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\ndata: ",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\ndata:",
        ] {
            try await ScriptedService.serving([{ try await $0.write(answer) }]) { service in
                let hearing = try await ask(service.port)
                #expect([.malformed, .truncated].contains(hearing.failure?.kind), "\(answer)")
            }
        }
    }

    @Test func `a line of 100 MB is not kept`() async throws {
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let sent = Mutex(0)
        try await ScriptedService.serving([
            { peer in
                try await peer.head()
                try await peer.write("data: ")
                for _ in 0..<100 {
                    try await peer.write(piece)
                    sent.withLock { $0 += 1 }
                }
            }
        ]) { service in
            let hearing = try await ask(service.port)
            #expect(hearing.failure?.kind == .tooLong)
        }
        #expect(sent.withLock(\.self) < 100)
    }

    @Test func `the key stands in no text, wherever a service repeats it`() async throws {
        let padding = String(repeating: "x", count: 560)
        for body in [
            "{\"error\":{\"message\":\"Incorrect API key provided: \(Self.key)\"}}", "bad key \(Self.key)",
            "{\"error\":{\"message\":\"\(padding)\(Self.key)\"}}", "{\"detail\":[{\"input\":\"Bearer \(Self.key)\"}]}",
        ] {
            try await ScriptedService.serving([
                { try await $0.answer(body, status: "401 No", type: "application/json") }
            ]) { service in
                let hearing = try await ask(service.port)
                let message = try #require(hearing.failure?.message)
                // Nor any beginning of it that tells something.
                #expect(!message.contains(Self.key.prefix(9)), "\(message)")
                #expect(!"\(hearing.events)".contains(Self.key))
            }
        }
        try await ScriptedService.serving([
            { peer in
                try await peer.answer("data: {\"error\":{\"message\":\"\(Self.key) is \(Self.key)\"}}\n\n")
            }
        ]) { service in
            let hearing = try await ask(service.port)
            #expect(hearing.failure?.message.contains("<secret> is <secret>") == true)
        }
    }

    @Test func `a key that no header field can hold is not repeated`() async throws {
        try await ScriptedService.serving([{ _ in }]) { service in
            let hearing = try await ask(service.port) { $0.key = Secret("secret-key\r\nx: y") }
            #expect(hearing.failure?.kind == .rejected)
            #expect(hearing.failure?.message.contains("secret-key") == false)
            #expect(service.requests.isEmpty)
        }
    }

    // MARK: TLS

    @Test func `a certificate is verified, and so is its name`() async throws {
        let identity = try TestIdentity.make(host: "localhost")
        try await ScriptedService.serving(
            [{ try await $0.answer(try Self.text(.chatCompletions)) }], identity: identity.server
        ) { service in
            for (host, roots, isTrusted) in [
                ("localhost", NIOSSLTrustRoots.certificates([identity.certificate]), true),
                ("127.0.0.1", .certificates([identity.certificate]), false), ("localhost", .default, false),
            ] {
                let client = ModelClient(environment: [:], retries: Pauses().policy(), trustRoots: roots)
                let hearing = Hearing()
                let description = try self.service(at: service.port, scheme: "https", host: host)
                await client.answer(Self.request, by: .test(.chatCompletions), of: description) { hearing.hear($0) }
                await client.shutDown()
                if isTrusted {
                    #expect(hearing.answer?.text == "Grüße, 日本 👩‍🚀")
                } else {
                    #expect(hearing.failure?.kind == .untrusted)
                    #expect(hearing.retries.isEmpty)
                }
            }
            #expect(service.requests.count == 1)
        }
    }

    @Test func `a service that speaks no TLS is told so`() async throws {
        var limits = ServiceLimits.patient
        limits.connectTime = TimeSpan(200, .milliseconds)
        var retries = RetryPolicy()
        retries.pauses = []
        try await ScriptedService.serving([{ _ in }]) { [limits, retries] service in
            let port = service.port
            let hearing = try await ask(port, limits: limits, retries: retries) { description in
                description.address = (try? ServiceAddress("https://127.0.0.1:\(port)")) ?? description.address
            }
            #expect(hearing.failure?.kind == .unreachable)
            #expect(service.requests.isEmpty)
        }
    }

    // MARK: Proxies

    @Test func `a proxy of the environment is gone through, and not for whom it is not`() async throws {
        try await ScriptedService.serving([
            { try await $0.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n") },
            { try await $0.answer(try Self.text(.chatCompletions)) },
        ]) { proxy in
            let environment = ["http_proxy": "http://user:pass@127.0.0.1:\(proxy.port)"]
            var retries = RetryPolicy()
            retries.pauses = []
            // Also without TLS a tunnel is asked for.
            let hearing = try await ask(9, retries: retries, environment: environment) { service in
                service.address = (try? ServiceAddress("http://models.example:8000/v1")) ?? service.address
            }
            #expect(hearing.failure?.kind == .unreachable)
            #expect(proxy.requests.first?.line == "CONNECT models.example:8000 HTTP/1.1")
            #expect(proxy.requests.first?.fields["proxy-authorization"] == "Basic dXNlcjpwYXNz")
            #expect(proxy.requests.first?.fields["authorization"] == nil)
            let direct = try await ask(proxy.port, environment: environment.merging(["NO_PROXY": "127.0.0.1"]) { $1 })
            #expect(direct.answer != nil)
            #expect(proxy.requests.last?.line == "POST /v1/chat/completions HTTP/1.1")
        }
    }

    @Test func `a service with TLS is asked for with CONNECT, and a proxy may refuse`() async throws {
        try await ScriptedService.serving([
            { try await $0.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n") }
        ]) { proxy in
            let hearing = try await ask(9, environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"]) { service in
                service.address = (try? ServiceAddress("https://models.example/v1")) ?? service.address
            }
            #expect(proxy.requests.first?.line == "CONNECT models.example:443 HTTP/1.1")
            #expect(proxy.requests.first?.fields["authorization"] == nil)
            #expect(hearing.failure?.kind == .unreachable)
        }
    }
}
