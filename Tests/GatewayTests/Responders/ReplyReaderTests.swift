import JSON
import Testing

@testable import Configuration
@testable import Gateway

/// What a reader makes of `parts`: the answers on the way, and the last.
private func read(
    _ format: CLIBackendSection.Output, _ parts: [String], fields: [String] = []
) -> (steps: [String], reader: ReplyReader) {
    var reader = ReplyReader(format, sessionFields: fields)
    var steps: [String] = []
    for part in parts where reader.take(Array(part.utf8)) { steps.append(reader.text) }
    reader.finish()
    return (steps, reader)
}

@Test func `text is told as it comes, without white space at its ends`() {
    let (steps, reader) = read(.text, ["\n", "Hel", "lo\n", "you\n\n"])
    #expect(steps == ["Hel", "Hello", "Hello\nyou"])
    #expect(reader.text == "Hello\nyou")
}

@Test func `a character that comes in parts is told when it is whole`() {
    var reader = ReplyReader(.text, sessionFields: [])
    for byte in Array("aé€😀".utf8) { _ = reader.take([byte]) }
    #expect(reader.text == "aé€😀")
    reader.finish()
    #expect(reader.text == "aé€😀")
}

@Test func `bytes that are no UTF-8 are marked, not lost`() {
    var reader = ReplyReader(.text, sessionFields: [])
    _ = reader.take([0xFF, 0x41, 0xC3])
    reader.finish()
    #expect(reader.text == "\u{FFFD}A\u{FFFD}")
}

@Test(arguments: [
    (#"{"result": "a"}"#, "a"), (#"{"message": {"content": [{"text": "a"}, {"text": "b"}]}}"#, "ab"),
    (#"{"content": "a", "text": "b"}"#, "a"), (#"{"text": "b"}"#, "b"), (#"{"message": "m", "result": "r"}"#, "m"),
    ("warning: old\n{\"result\": \"a\"}\n", "a"), ("no JSON at all\n", "no JSON at all"), ("", ""),
    (#"{"other": 1}"#, ""), (#"["array"]"#, #"["array"]"#),
])
func `the text of a json answer is found`(output: String, text: String) {
    #expect(read(.json, [output]).reader.text == text)
}

@Test func `session and usage of a json answer are found`() {
    let reader = read(
        .json, [#"{"result": "a", "session_id": "s1", "usage": {"input_tokens": 3, "output_tokens": 4}}"#]
    ).reader
    #expect(reader.sessionID == "s1")
    #expect(reader.usage?.json == ["input": 3, "output": 4])
    #expect(read(.json, [#"{"thread": "t", "session_id": "s"}"#], fields: ["thread"]).reader.sessionID == "t")
}

@Test func `pieces of a line are put together`() {
    let (steps, reader) = read(
        .jsonl,
        [
            #"{"type":"start","session_id":"s"}"# + "\n" + #"{"del"#, #"ta":"Hel"}"# + "\n",
            #"{"type":"stream_event","event":{"delta":{"text":"lo"}}}"# + "\n",
            #"{"type":"assistant","message":{"content":[{"text":"Hello"}]}}"# + "\n",
            #"{"item":{"type":"reasoning","text":"hm"}}"# + "\n" + #"{"item":{"type":"agent_message","text":"Bye"}}"#,
        ])
    #expect(steps == ["Hel", "Hello"])
    #expect(reader.text == "Hello\nBye")
    #expect(reader.sessionID == "s")
}

@Test func `a result line is the whole answer`() {
    let (steps, reader) = read(
        .jsonl, [#"{"text":"draft"}"# + "\n", #"{"type":"result","result":"final","usage":{"total_tokens":9}}"# + "\n"])
    #expect(steps == ["draft", "final"])
    #expect(reader.text == "final")
    #expect(reader.usage?.total == 9)
}

@Test func `lines that are no JSON are the answer when nothing else is`() {
    #expect(read(.jsonl, ["one\n", "two\n"]).reader.text == "one\ntwo")
    #expect(read(.jsonl, ["noise\n", #"{"text":"answer"}"# + "\n"]).reader.text == "answer")
}

@Test(arguments: [CLIBackendSection.Output.text, .json, .jsonl])
func `an answer that is too long is cut, and says so`(format: CLIBackendSection.Output) {
    let long = String(repeating: "é", count: Reply.lengthLimit)
    let text = read(format, [format == .text ? long : #"{"result": "\#(long)"}"#]).reader.text
    #expect(text.hasSuffix("[cut here: the answer is longer than 256 KiB]"))
    #expect(text.utf8.count < Reply.lengthLimit + 100)
}

@Test func `counts that nobody believes are no counts`() throws {
    let all: JSON = ["input_tokens": .integer(.max), "output_tokens": .integer(.max), "total_tokens": -1]
    #expect(TokenUsage(all) == nil)
    let usage = try #require(TokenUsage(["input_tokens": .integer(1 << 48), "output_tokens": .integer(1 << 48)]))
    #expect(usage.sum == 1 << 49)
    #expect(TokenUsage(["input_tokens": 5, "output_tokens": 7, "total_tokens": 13])?.sum == 13)
}
