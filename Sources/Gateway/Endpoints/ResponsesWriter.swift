import JSON

/// What `/v1/responses` answers of one run: whole, or as events, which are numbered.
struct ResponsesWriter: AnswerWriter {
    private let object: ResponsesObject
    private var sequence: Int64 = 0

    init(_ object: ResponsesObject) {
        self.object = object
    }

    var id: String { object.id }

    func whole(_ end: RunEnd) -> JSON {
        object.response(.completed, [object.item(end.text, .completed)], usage: end.usage)
    }

    mutating func beginning() -> [[UInt8]] {
        [
            event("response.created", ["response": object.response(.inProgress, [])]),
            event("response.in_progress", ["response": object.response(.inProgress, [])]),
            event("response.output_item.added", ["output_index": 0, "item": object.item(nil, .inProgress)]),
            event("response.content_part.added", place(["part": object.part("")])),
        ]
    }

    mutating func addition(_ text: String) -> [UInt8] {
        event("response.output_text.delta", place(["delta": .string(text)]))
    }

    mutating func ending(_ end: RunEnd, said text: String) -> [[UInt8]] {
        let item = object.item(text, .completed)
        return [
            event("response.output_text.done", place(["text": .string(text)])),
            event("response.content_part.done", place(["part": object.part(text)])),
            event("response.output_item.done", ["output_index": 0, "item": item]),
            event("response.completed", ["response": object.response(.completed, [item], usage: end.usage)]),
        ]
    }

    mutating func failure(_ error: APIError, said text: String) -> [UInt8] {
        let output = text.isEmpty ? [] : [object.item(text, .failed)]
        return event("response.failed", ["response": object.response(.failed, output, error: error)])
    }

    /// Where in the answer something belongs.
    private func place(_ more: JSONObject) -> JSONObject {
        var place: JSONObject = ["item_id": .string(object.itemID), "output_index": 0, "content_index": 0]
        for member in more.members { place[member.name] = member.value }
        return place
    }

    private mutating func event(_ name: String, _ more: JSONObject) -> [UInt8] {
        var event: JSONObject = ["type": .string(name), "sequence_number": .integer(sequence)]
        sequence += 1
        for member in more.members { event[member.name] = member.value }
        return ServerSentEvent.text(.object(event), name: name)
    }
}
