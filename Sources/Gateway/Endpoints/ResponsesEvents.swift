import JSON

/// The events of a stream of `/v1/responses`, numbered.
struct ResponsesEvents {
    private let writer: ResponsesWriter
    private var sequence: Int64 = 0

    init(_ writer: ResponsesWriter) {
        self.writer = writer
    }

    /// Before anything is said.
    mutating func beginning() -> [[UInt8]] {
        [
            event("response.created", ["response": writer.response(.inProgress, [])]),
            event("response.in_progress", ["response": writer.response(.inProgress, [])]),
            event("response.output_item.added", ["output_index": 0, "item": writer.item(nil, .inProgress)]),
            event("response.content_part.added", place(["part": writer.part("")])),
        ]
    }

    mutating func delta(_ text: String) -> [UInt8] {
        event("response.output_text.delta", place(["delta": .string(text)]))
    }

    /// After `text` was said.
    mutating func ending(_ end: RunEnd, said text: String) -> [[UInt8]] {
        let item = writer.item(text, .completed)
        return [
            event("response.output_text.done", place(["text": .string(text)])),
            event("response.content_part.done", place(["part": writer.part(text)])),
            event("response.output_item.done", ["output_index": 0, "item": item]),
            event("response.completed", ["response": writer.response(.completed, [item], usage: end.usage)]),
        ]
    }

    /// When it came to no answer, after `text` was said.
    mutating func failure(_ error: APIError, said text: String) -> [UInt8] {
        let output = text.isEmpty ? [] : [writer.item(text, .failed)]
        return event("response.failed", ["response": writer.response(.failed, output, error: error)])
    }

    /// Where in the answer something belongs.
    private func place(_ more: JSONObject) -> JSONObject {
        var object: JSONObject = ["item_id": .string(writer.itemID), "output_index": 0, "content_index": 0]
        for member in more.members { object[member.name] = member.value }
        return object
    }

    private mutating func event(_ name: String, _ more: JSONObject) -> [UInt8] {
        var object: JSONObject = ["type": .string(name), "sequence_number": .integer(sequence)]
        sequence += 1
        for member in more.members { object[member.name] = member.value }
        return ServerSentEvent.text(.object(object), name: name)
    }
}
