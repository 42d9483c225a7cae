import Foundation
import GatewayServer
import JSON
import NIOCore
import Testing

@testable import Gateway

private let path = "/v1/chat/completions"

/// A request that says `text`.
private func asking(_ text: String, _ more: JSONObject = [:]) -> JSON {
    var object: JSONObject = [
        "model": "mazelclaw", "messages": [["role": "user", "content": .string(text)]],
    ]
    for member in more.members { object[member.name] = member.value }
    return .object(object)
}

/// What an answer says.
private func text(_ answer: HTTPAnswer) -> String? {
    answer.json?["choices"]?.array?.first?["message"]?["content"]?.string
}

@Test func `a program that knows the interface of OpenAI is answered by an agent`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { gateway in
        let answer = try await instance.post(path, asking("how are you?"))
        #expect(answer.status == 200)
        #expect(answer.has("content-type: application/json"))
        #expect(answer.json?["object"] == "chat.completion")
        #expect(answer.json?["model"] == "mazelclaw")
        #expect(text(answer) == "how are you?")
        #expect(answer.json?["choices"]?.array?.first?["finish_reason"] == "stop")
        #expect(answer.json?["usage"]?["total_tokens"] == 0)
        // It is a conversation like any other.
        let id = try #require(answer.json?["id"]?.string)
        #expect(id.hasPrefix("chatcmpl_"))
        let run = try await gateway.services.store.run(id)
        #expect(run?.status == .ok)
        #expect(run?.sessionKey?.text.hasPrefix("agent:main:openai:") == true)
    }
}

@Test func `a stream tells the answer as it grows, and that it is done`() async throws {
    let script = "printf 'one '; while [ ! -e go ]; do sleep 0.01; done; printf 'two and three'"
    let instance = try TestInstance.withEndpoints(script)
    try await instance.serving { _ in
        let wire = try Wire(port: instance.port)
        let more: JSONObject = ["stream": true, "stream_options": ["include_usage": true]]
        wire.send(TestInstance.post(path, asking("count", more).text()))
        let beginning = try #require(try await wire.read(through: #""content":"one"}"#))
        #expect(beginning.contains("HTTP/1.1 200"))
        #expect(beginning.lowercased().contains("content-type: text/event-stream"))
        #expect(beginning.contains(#"{"role":"assistant"}"#))
        try instance.letGo()
        let rest = try await wire.readToEnd()
        let answer = HTTPAnswer(Array(beginning.utf8) + rest)
        let events = answer.events
        #expect(events.last == "[DONE]")
        let chunks = try events.dropLast().map { try JSON(parsing: Array($0.utf8)) }
        #expect(Set(chunks.compactMap { $0["id"]?.string }).count == 1)
        #expect(chunks.allSatisfy { $0["object"] == "chat.completion.chunk" })
        let pieces = chunks.compactMap { $0["choices"]?.array?.first?["delta"]?["content"]?.string }
        #expect(pieces.joined() == "one two and three")
        #expect(pieces.count > 1)
        #expect(chunks.dropLast().last?["choices"]?.array?.first?["finish_reason"] == "stop")
        #expect(chunks.last?["usage"]?["prompt_tokens"] == 0)
    }
}

/// What is asked in vain: headers, content, status, and what the answer says.
private let refused: [(headers: [String], content: String, status: Int, message: String)] = [
    ([], "", 400, "the content is no JSON"), ([], "[]", 400, "must be a JSON object"),
    ([], #"{"messages": "hi"}"#, 400, "`messages` must be an array"),
    ([], #"{"messages": []}"#, 400, "Missing user message in `messages`."),
    ([], #"{"messages": [{"role": "system", "content": "be kind"}]}"#, 400, "Missing user message in `messages`."),
    ([], #"{"messages": [{"role": "user", "content": "  "}]}"#, 400, "Missing user message in `messages`."),
    ([], #"{"messages": [{"role": "king", "content": "hi"}]}"#, 400, "`messages[0].role`"),
    ([], #"{"messages": [{"role": "user", "content": 7}]}"#, 400, "`messages[0].content`"),
    ([], #"{"model": 7, "messages": [{"role": "user", "content": "hi"}]}"#, 400, "`model` must be a string"),
    ([], #"{"stream": "yes", "messages": [{"role": "user", "content": "hi"}]}"#, 400, "`stream`"),
    ([], #"{"n": 2, "messages": [{"role": "user", "content": "hi"}]}"#, 400, "`n` must be 1"),
    ([], #"{"tools": [{}], "messages": [{"role": "user", "content": "hi"}]}"#, 400, "`tools`"),
    (
        [], #"{"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}"#, 400,
        "`messages[0].content[0]`: parts of the type \"input_audio\""
    ),
    (
        [],
        #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]}"#,
        400, "nothing is fetched"
    ),
    ([], #"{"model": "agent:nobody", "messages": [{"role": "user", "content": "hi"}]}"#, 404, "no agent \"nobody\""),
    (
        ["X-Mazelclaw-Agent-Id: nobody"], #"{"messages": [{"role": "user", "content": "hi"}]}"#, 404,
        "no agent \"nobody\""
    ),
    (
        ["X-Mazelclaw-Agent-Id: ops", "X-Mazelclaw-Session-Key: agent:main:x"],
        #"{"messages": [{"role": "user", "content": "hi"}]}"#, 400, "is of the agent \"main\""
    ),
]

@Test func `what cannot be asked is refused in the interface's own words`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { gateway in
        for (headers, content, status, message) in refused {
            let answer = try await instance.exchange(TestInstance.post(path, content, headers: headers))
            #expect(answer.status == status, "\(content)")
            #expect(answer.json?["error"]?["type"] == "invalid_request_error")
            #expect(answer.json?["error"]?["message"]?.string?.contains(message) == true, "\(answer.body)")
        }
        #expect(gateway.services.runs.open.isEmpty)
    }
}

@Test func `only who has the token may ask, by the right method, and only where it is enabled`() async throws {
    let instance = try TestInstance.withEndpoints()
    let body = asking("hi").text()
    try await instance.serving { _ in
        for token in ["", "wrong"] {
            let answer = try await instance.exchange(TestInstance.post(path, body, token: token))
            #expect(answer.status == 401)
            #expect(answer.has("www-authenticate: bearer"))
            #expect(answer.json == ["error": ["message": "Unauthorized", "type": "unauthorized"]])
        }
        // In the address it does not count.
        let query = TestInstance.post("\(path)?token=\(TestInstance.token)", body, token: "")
        #expect(try await instance.exchange(query).status == 401)
        let get = try await instance.exchange(TestInstance.post(path, "", method: "GET"))
        #expect(get.status == 405)
        #expect(get.has("allow: post"))
        let stranger = TestInstance.post(path, body)
            .replacingOccurrences(of: "Host: localhost", with: "Host: evil.example")
        #expect(try await instance.exchange(stranger).status == 421)
        #expect(try await instance.post(path, asking("hi")).status == 200)
    }
    let plain = try TestInstance()
    try await plain.serving { _ in try await #expect(plain.post(path, asking("hi")).status == 404) }
}

@Test func `who guesses tokens is told to wait, and who has the right one is not`() async throws {
    let instance = try TestInstance.withEndpoints()
    let clock = TestClock(at: 1_700_000_000_000)
    try await instance.serving(clock: clock.clock) { _ in
        for _ in 0..<10 {
            #expect(try await instance.post(path, asking("hi"), token: "wrong").status == 401)
        }
        let answer = try await instance.post(path, asking("hi"), token: "wrong")
        #expect(answer.status == 429)
        #expect(answer.has("retry-after: 6"))
        #expect(answer.json?["error"]?["type"] == "rate_limit_error")
        #expect(try await instance.post(path, asking("hi")).status == 200)
        clock.advance(by: 6000)
        #expect(try await instance.post(path, asking("hi"), token: "wrong").status == 401)
    }
}

@Test func `a client that goes away takes its run with it`() async throws {
    for isStream in [true, false] {
        let instance = try TestInstance.withEndpoints("echo begun; touch in; sleep 60")
        try await instance.serving { gateway in
            var wire: Wire? = try Wire(port: instance.port)
            wire?.send(TestInstance.post(path, asking("hi", ["stream": .bool(isStream)]).text()))
            #expect(
                try await eventually { FileManager.default.fileExists(atPath: instance.workspaceFile("in")) })
            let run = try #require(gateway.services.runs.open.first)
            wire = nil
            #expect(try await eventually { gateway.services.runs.open.isEmpty })
            #expect(try await gateway.services.store.run(run.id)?.status == .aborted)
        }
        withExtendedLifetime(instance) {}
    }
}

@Test func `a run that fails, takes too long or is aborted is an error of the interface`() async throws {
    let instance = try TestInstance.withEndpoints("if [ \"$3\" = fail ]; then echo no >&2; exit 3; fi; sleep 60")
    try await instance.serving { gateway in
        let failed = try await instance.post(path, asking("fail"))
        #expect(failed.status == 500)
        #expect(failed.json?["error"]?["type"] == "api_error")
        let streamed = try await instance.post(path, asking("fail", ["stream": true]))
        #expect(streamed.status == 200)
        #expect(streamed.events.count == 3)
        #expect(streamed.events.dropFirst().first?.contains(#""type":"api_error""#) == true)
        #expect(streamed.events.last == "[DONE]")
        async let aborted = instance.post(path, asking("wait"), headers: ["X-Mazelclaw-Session-Key: main"])
        #expect(try await eventually { gateway.services.runs.open.first?.startedAt != nil })
        _ = try gateway.services.conversations.abort(session: gateway.services.resolver.session("main").key, .client)
        #expect(try await aborted.status == 503)
        #expect(try await aborted.json?["error"]?["message"] == "the run was aborted")
    }
}

@Test func `a stop answers those who wait`() async throws {
    let instance = try TestInstance.withEndpoints("sleep 60")
    var wires: [Wire] = []
    try await instance.serving { gateway in
        for isStream in [true, false] {
            let wire = try Wire(port: instance.port)
            wire.send(TestInstance.post(path, asking("hi", ["stream": .bool(isStream)]).text()))
            wires.append(wire)
        }
        #expect(try await eventually { gateway.services.runs.open.filter { $0.startedAt != nil }.count == 2 })
    }
    let streamed = HTTPAnswer(try await wires[0].readToEnd())
    #expect(streamed.status == 200)
    #expect(streamed.events.last == "[DONE]")
    #expect(streamed.events.dropLast().last?.contains(#""type":"api_error""#) == true)
    let plain = HTTPAnswer(try await wires[1].readToEnd())
    #expect(plain.status == 503)
}

@Test func `the session is the one the client names, or its user's`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { gateway in
        func session(_ headers: [String], _ more: JSONObject) async throws -> String? {
            let answer = try await instance.post(path, asking("hi", more), headers: headers)
            let id = try #require(answer.json?["id"]?.string, "\(answer.body)")
            return try await gateway.services.store.run(id)?.sessionKey?.text
        }
        #expect(try await session([], ["user": "Ann"]) == "agent:main:openai-user:ann")
        #expect(try await session([], ["user": "ann", "model": "moltbot:ops"]) == "agent:ops:openai-user:ann")
        #expect(try await session(["X-Openclaw-Session-Key: main"], ["user": "ann"]) == "agent:main:main")
        #expect(try await session(["X-Moltbot-Session-Key: agent:ops:side"], [:]) == "agent:ops:side")
        for model in ["agent:ops", "mazelclaw/ops", "OpenClaw:ops"] {
            let key = try await session([], ["model": .string(model)])
            #expect(key?.hasPrefix("agent:ops:openai:") == true)
        }
        #expect(try await session(["X-Mazelclaw-Agent-Id: ops"], [:])?.hasPrefix("agent:ops:openai:") == true)
        #expect(try await session([], ["model": "gpt-4o"])?.hasPrefix("agent:main:openai:") == true)
    }
}

@Test func `messages before the last are told with it, and instructions before everything`() async throws {
    let instance = try TestInstance.withEndpoints(#"printf '%s\n--\n%s' "$2" "$3""#)
    try await instance.serving { _ in
        let messages: JSON = [
            ["role": "system", "content": "Be kind."], ["role": "user", "content": "one"],
            ["role": "assistant", "content": "two"],
            ["role": "user", "content": [["type": "text", "text": "three"], ["type": "text", "text": "four"]]],
        ]
        let answer = try #require(text(try await instance.post(path, ["messages": messages])))
        let parts = answer.components(separatedBy: "\n--\n")
        #expect(parts[0].contains("Be kind."))
        #expect(
            parts[1] == "What was said so far:\n\nUser: one\n\nAssistant: two\n\nAnswer this:\n\nUser: three\nfour")
    }
}

@Test func `a picture in the request is a file for the agent`() async throws {
    let instance = try TestInstance.withEndpoints()
    let url = "data:image/png;base64,iVBORw0KGgo="
    try await instance.serving { _ in
        let content: JSON = [
            ["type": "text", "text": "look"], ["type": "image_url", "image_url": ["url": .string(url)]],
        ]
        let said = text(try await instance.post(path, ["messages": [["role": "user", "content": content]]]))
        let file = try #require(said?.components(separatedBy: "\n\n").last)
        #expect(said?.hasPrefix("look\n\n/") == true)
        #expect(FileManager.default.contents(atPath: file)?.count == 8)
    }
}

@Test func `content up to a mebibyte is taken, and no more`() async throws {
    let instance = try TestInstance.withEndpoints("wc -c")
    try await instance.serving { _ in
        let large = try await instance.post(path, asking(String(repeating: "x", count: 1_000_000)))
        #expect(text(large) == "1000000")
        let tooLarge = asking(String(repeating: "x", count: 1 << 20))
        #expect(try await instance.post(path, tooLarge).status == 413)
        // Nobody unknown makes us hold even that much, and hears why.
        #expect(try await instance.post(path, tooLarge, token: "wrong").status == 401)
    }
}

@Test func `a client that waits to be told to send is told`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { _ in
        let body = asking("hi").text()
        let request = TestInstance.post(path, body, headers: ["Expect: 100-continue"])
        let wire = try Wire(port: instance.port)
        wire.send(String(request.dropLast(body.count)))
        #expect(try await wire.read(through: "\r\n\r\n")?.hasPrefix("HTTP/1.1 100 Continue") == true)
        wire.send(body)
        #expect(text(HTTPAnswer(try await wire.readToEnd())) == "hi")
        let refused = try Wire(port: instance.port)
        refused.send(
            TestInstance.post(path, body, token: "wrong", headers: ["Expect: 100-continue"]).replacingOccurrences(
                of: "Content-Length: \(body.utf8.count)", with: "Content-Length: 900000"
            ).dropLast(body.count).description)
        #expect(HTTPAnswer(try await refused.readToEnd()).status == 401)
    }
}

@Test func `a client of HTTP 1.0 gets a stream without chunks`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { _ in
        let request = TestInstance.post(path, asking("hi", ["stream": true]).text())
            .replacingOccurrences(of: "HTTP/1.1", with: "HTTP/1.0")
        let answer = try await instance.exchange(request)
        #expect(!answer.has("transfer-encoding: chunked"))
        #expect(answer.events.last == "[DONE]")
    }
}

@Test func `the models a client may name are the agents`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { _ in
        let token = ["Authorization: Bearer \(TestInstance.token)"]
        let answer = try await instance.get("/v1/models", headers: token)
        #expect(answer.status == 200)
        #expect(answer.json?["object"] == "list")
        let models = try #require(answer.json?["data"]?.array)
        #expect(models.map { $0["id"] } == ["mazelclaw:main", "mazelclaw:ops"])
        #expect(models.allSatisfy { $0["object"] == "model" && ($0["created"]?.integer ?? 0) > 1_700_000_000 })
        #expect(try await instance.get("/v1/models").status == 401)
        #expect(try await instance.get("/v1/models", method: "DELETE", headers: token).status == 405)
        let named = try await instance.post(
            "/v1/chat/completions", ["model": "mazelclaw:ops", "messages": [["role": "user", "content": "hello"]]])
        #expect(named.status == 200)
    }
}

@Test func `the models a client may name are told only where it may ask them`() async throws {
    let instance = try TestInstance()
    try await instance.serving { _ in
        let answer = try await instance.get("/v1/models", headers: ["Authorization: Bearer \(TestInstance.token)"])
        #expect(answer.status == 404)
    }
}
