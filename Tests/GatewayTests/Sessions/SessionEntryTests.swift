import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

private func entry(_ fields: JSONObject) -> SessionEntry {
    SessionEntry(key: SessionKey(agent: "main", rest: "main"), sessionID: "s", updatedAt: 5, fields: fields)
}

@Test func `a change of one member leaves the others as they came, in their order`() {
    var entry = entry(["tomorrow": [1, .null], "label": "old", "totalTokens": "many", "sendPolicy": 7, "x": [:]])
    entry.label = "new"
    entry.abortedLastRun = false
    entry.spawnedBy = nil
    #expect(
        entry.fields == [
            "tomorrow": [1, .null], "label": "new", "totalTokens": "many", "sendPolicy": 7, "x": [:],
            "abortedLastRun": false,
        ])
    #expect(entry[.sending] == nil)
    #expect(
        entry.json.text() == #"{"sessionId":"s","updatedAt":5,"tomorrow":[1,null],"label":"new","totalTokens":"many","#
            + #""sendPolicy":7,"x":{},"abortedLastRun":false}"#)
}

@Test(
    arguments: [
        ("tool/large", ["providerOverride": "tool", "modelOverride": "large"]), ("tool", ["modelOverride": "tool"]),
        (nil, [:]),
    ] as [(String?, JSONObject)])
func `a model chosen is kept as provider and model, and read back`(name: String?, fields: JSONObject) {
    var entry = entry(["providerOverride": "earlier", "modelOverride": "one"])
    #expect(entry.modelOverride == "earlier/one")
    entry.choose(name.map(ModelName.init))
    #expect(entry.fields == fields)
    #expect(entry.modelOverride == name)
}

@Test func `what a conversation costs is summed up, and what is no number counts as nothing`() throws {
    var entry = entry(["outputTokens": "few", "totalTokens": .integer(.max)])
    entry.add(try #require(TokenUsage(["input_tokens": 3, "output_tokens": 4])))
    #expect(entry.fields == ["outputTokens": 4, "totalTokens": .integer(.max), "inputTokens": 3])
    entry.noteAnswer(by: "tool", model: nil, session: "t1")
    entry.noteAnswer(by: "other", model: "m", session: "o1")
    entry.noteAnswer(by: "tool", model: nil, session: nil)
    #expect((entry.providerSession("tool"), entry.providerSession("other")) == ("t1", "o1"))
    #expect(entry[.model] == "tool")
    entry.forgetUsage()
    #expect([entry[.inputTokens], entry[.outputTokens], entry[.totalTokens]] == [nil, nil, nil])
}
