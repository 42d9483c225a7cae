import Foundation
import GatewayServer
import JSON
import ModelServices
import Testing

@testable import Gateway

private let path = "/v1/responses"

@Test func `a program that knows OpenResponses is answered by an agent`() async throws {
    let instance = try TestInstance.withEndpoints(#"printf '%s\n--\n%s' "$2" "$3""#)
    try await instance.serving { gateway in
        let answer = try await instance.post(
            path, ["model": "mazelclaw:ops", "input": "how are you?", "instructions": "Be kind.", "user": "ann"])
        #expect(answer.status == 200)
        #expect(answer.json?["object"] == "response")
        #expect(answer.json?["status"] == "completed")
        let item = answer.json?["output"]?.array?.first
        #expect(item?["role"] == "assistant")
        let text = item?["content"]?.array?.first?["text"]?.string ?? ""
        #expect(text.contains("Be kind."))
        #expect(text.hasSuffix("\n--\nhow are you?"))
        let id = try #require(answer.json?["id"]?.string)
        #expect(try await gateway.services.store.run(id)?.sessionKey?.text == "agent:ops:openresponses-user:ann")
    }
}

@Test func `items are folded into one turn`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { _ in
        let input: JSON = [
            ["type": "message", "role": "user", "content": [["type": "input_text", "text": "weather?"]]],
            ["type": "reasoning", "summary": []],
            ["type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"],
            ["type": "function_call_output", "call_id": "c1", "output": "rain"],
        ]
        let answer = try await instance.post(path, ["input": input])
        #expect(
            answer.json?["output"]?.array?.first?["content"]?.array?.first?["text"]
                == "What was said so far:\n\nUser: weather?\n\nAnswer this:\n\nTool c1: rain")
    }
}

@Test func `a stream of responses has its events in order`() async throws {
    let script = "printf 'one '; while [ ! -e go ]; do sleep 0.01; done; printf 'two'"
    let instance = try TestInstance.withEndpoints(script)
    try await instance.serving { _ in
        let wire = try Wire(port: instance.port)
        wire.send(TestInstance.post(path, JSON.object(["input": "count", "stream": true]).text()))
        let beginning = try #require(try await wire.read(through: #""delta":"one"}"#))
        try instance.letGo()
        let answer = HTTPAnswer(Array(beginning.utf8) + (try await wire.readToEnd()))
        #expect(answer.has("content-type: text/event-stream"))
        #expect(answer.events.last == "[DONE]")
        let events = try answer.events.dropLast().map { try JSON(parsing: Array($0.utf8)) }
        #expect(
            events.compactMap { $0["type"]?.string } == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done",
                "response.completed",
            ])
        #expect(events.compactMap { $0["sequence_number"]?.integer } == Array(0..<10))
        #expect(events.compactMap { $0["delta"]?.string }.joined() == "one two")
        #expect(events.dropFirst(6).first?["text"] == "one two")
        #expect(events.last?["response"]?["output"]?.array?.first?["content"]?.array?.first?["text"] == "one two")
        #expect(answer.unchunked.contains("event: response.completed\n"))
    }
}

@Test func `a run that fails ends the stream of responses as failed`() async throws {
    let instance = try TestInstance.withEndpoints("exit 3")
    try await instance.serving { _ in
        let answer = try await instance.post(path, ["input": "hi", "stream": true])
        let events = answer.events
        #expect(events.dropLast().last?.contains(#""type":"response.failed""#) == true)
        #expect(events.last == "[DONE]")
        try await #expect(instance.post(path, ["input": "hi"]).status == 500)
    }
}

@Test func `a conversation goes on from a response, and from none that nobody gave`() async throws {
    let models = TestModels.echoing()
    let instance = try TestInstance(
        configuration: """
            {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}, http: {endpoints: {responses: {enabled: true}}}},
             agents: {defaults: {skipBootstrap: true, model: {primary: "one/small"}}},
             models: {providers: {one: {baseUrl: "http://127.0.0.1:9/v1", models: [{id: "small", name: "Small"}]}}}}
            """)
    let gateway = try instance.gateway(agents: instance.agents(answeredBy: models))
    try await instance.serve(gateway) { _ in
        let first = try await instance.post(path, ["input": "my name is Ann"])
        let id = try #require(first.json?["id"]?.string)
        let second = try await instance.post(path, ["input": "what is my name?", "previous_response_id": .string(id)])
        #expect(second.status == 200, "\(second.body)")
        #expect(second.json?["id"]?.string != id)
        #expect(
            models.asked.last?.request.messages.map(\.line) == [
                "user: my name is Ann", "assistant: small hears my name is Ann", "user: what is my name?",
            ])
        // Who names no response begins anew.
        _ = try await instance.post(path, ["input": "hello"])
        #expect(models.asked.last?.request.messages.map(\.line) == ["user: hello"])
        // The whole conversation is one session, which a header may not contradict.
        let key = try await gateway.services.store.run(id)?.sessionKey?.text
        #expect(try await gateway.services.store.run(second.json?["id"]?.string ?? "")?.sessionKey?.text == key)
        let body = JSON.object(["input": "hi", "previous_response_id": .string(id)]).text()
        let other = try await instance.exchange(
            TestInstance.post(path, body, headers: ["x-mazelclaw-session-key: other"]))
        #expect(other.status == 400)
        #expect(other.body.contains("is an answer in the session"))
        let unknown = try await instance.post(path, ["input": "hi", "previous_response_id": "chatcmpl_1"])
        #expect(unknown.json?["error"]?["code"] == "previous_response_not_found")
    }
}

private let refused: [(content: JSON, message: String)] = [
    ([:], "`input` must be"), (["input": ""], "Missing user message in `input`."),
    (["input": "hi", "tools": [[:]]], "`tools`"), (["input": "hi", "background": true], "`background`"),
    (["input": "hi", "previous_response_id": "resp_1"], "there is no response \"resp_1\""),
    (["input": "hi", "previous_response_id": 1], "`previous_response_id`"),
    (["input": [["type": "item_reference", "id": "x"]]], "items of the type \"item_reference\""),
    (["input": [["role": "user", "content": [["type": "input_file"]]]]], "parts of the type \"input_file\""),
    (["input": [["role": "king", "content": "hi"]]], "`input[0].role`"),
]

@Test func `what cannot be asked of responses is refused`() async throws {
    let instance = try TestInstance.withEndpoints()
    try await instance.serving { _ in
        for (content, message) in refused {
            let answer = try await instance.post(path, content)
            #expect(answer.status == 400)
            #expect(answer.json?["error"]?["message"]?.string?.contains(message) == true, "\(answer.body)")
        }
    }
}

@Test func `responses take what is configured, from who has the token, where they are enabled`() async throws {
    let endpoints: JSON = ["responses": ["enabled": true, "maxBodyBytes": 100]]
    let gateway: JSON = [
        "mode": "local", "auth": ["token": .string(TestInstance.token)], "http": ["endpoints": endpoints],
    ]
    let instance = try TestInstance.withEndpoints(more: ["gateway": gateway])
    try await instance.serving { _ in
        try await #expect(instance.post(path, ["input": "hi"]).status == 200)
        try await #expect(instance.post(path, ["input": .string(String(repeating: "x", count: 100))]).status == 413)
        try await #expect(instance.post(path, ["input": "hi"], token: "wrong").status == 401)
    }
    let plain = try TestInstance()
    try await plain.serving { _ in try await #expect(plain.post(path, ["input": "hi"]).status == 404) }
}

@Test func `no tool is there to be invoked, and only who has the token hears so`() async throws {
    let instance = try TestInstance()
    try await instance.serving { _ in
        let answer = try await instance.post("/tools/invoke", ["tool": "browser", "args": [:]])
        #expect(answer.status == 404)
        #expect(
            answer.json == ["ok": false, "error": ["message": "Tool not available: browser", "type": "not_found"]])
        let unnamed = try await instance.post("/tools/invoke", ["args": [:]])
        #expect(unnamed.json?["error"]?["type"] == "invalid_request_error")
        try await #expect(instance.post("/tools/invoke", ["tool": "browser"], token: "wrong").status == 401)
    }
}
