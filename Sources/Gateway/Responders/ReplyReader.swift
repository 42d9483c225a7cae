import Configuration
import JSON
import Text

/// Makes a reply of what a program writes, while it writes it.
///
/// - `text`: everything, white space at both ends left out.
/// - `json`: one object, whose text is looked for in `message`, `content`, `result` and `text`, in this order.
/// - `jsonl`: an object a line. A line is a message when it has `item` with a `text`, or `message` with `content`, or
///   a `text` of its own; it is a piece of the next message when it has a `delta`, itself a string or with a `text`
///   (also inside `event`). A `result` that is a string is the whole answer.
///
/// Session and usage are looked for in every object. Output that is none of what was promised is taken as text: what
/// a program complains about is better read than lost.
struct ReplyReader {
    typealias Format = CLIBackendSection.Output

    /// The answer so far.
    private(set) var text = ""
    /// The session the program named.
    private(set) var sessionID: String?
    private(set) var usage: TokenUsage?

    private let format: Format
    private let sessionFields: [String]
    /// Bytes of an unfinished character or line, or, for `json`, everything.
    private var pending: [UInt8] = []
    /// What could be read as text only.
    private var unread = BoundedText()
    private var messages = BoundedText()
    private var piece = BoundedText()
    private var whole: String?

    init(_ format: Format, sessionFields: [String]) {
        self.format = format
        self.sessionFields =
            sessionFields.isEmpty
            ? ["session_id", "sessionId", "conversation_id", "conversationId", "thread_id"] : sessionFields
    }

    /// Takes more output; returns whether the answer so far has changed.
    mutating func take(_ bytes: [UInt8]) -> Bool {
        pending += bytes
        switch format {
        case .text:
            let end = Self.endOfWholeCharacters(pending)
            unread.append(String(decoding: pending[..<end], as: UTF8.self))
            pending.removeFirst(end)
            return update(unread.text)
        case .json: return false
        case .jsonl:
            guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { return false }
            for line in pending[..<end].split(separator: UInt8(ascii: "\n")) { take(line: line) }
            pending.removeSubrange(...end)
            return update(answer)
        }
    }

    /// Tells that there is no more output.
    mutating func finish() {
        switch format {
        case .text: unread.append(String(decoding: pending, as: UTF8.self))
        case .json: takeObject()
        case .jsonl: take(line: pending[...])
        }
        pending = []
        let answer = answer
        _ = update(answer.isEmpty ? unread.text : answer)
    }

    // MARK: Reading

    private var answer: String {
        if let whole { return whole }
        guard !piece.isEmpty else { return messages.text }
        return messages.isEmpty ? piece.text : messages.text + "\n" + piece.text
    }

    private mutating func update(_ new: String) -> Bool {
        let new = new.trimmed
        guard new != text else { return false }
        text = new
        return true
    }

    private mutating func takeObject() {
        if let json = Self.object(pending[...]) {
            note(json)
            whole =
                Self.text(of: json["message"] ?? .null) ?? Self.text(of: json["content"] ?? .null)
                ?? Self.text(of: json["result"] ?? .null) ?? Self.text(of: json)
        } else if let line = pending.split(separator: UInt8(ascii: "\n")).last, Self.object(line) != nil {
            // A program that complains first and answers then.
            pending = Array(line)
            takeObject()
        } else {
            unread.append(String(decoding: pending, as: UTF8.self))
        }
    }

    private mutating func take(line: ArraySlice<UInt8>) {
        guard let json = Self.object(line) else {
            if !unread.isEmpty { unread.append("\n") }
            return unread.append(String(decoding: line, as: UTF8.self))
        }
        note(json)
        if let result = json["result"]?.string {
            whole = BoundedText(result).text
        } else if let more = Self.delta(json["event"] ?? json) {
            piece.append(more)
        } else if let message = Self.message(json) {
            piece = BoundedText()
            if !messages.isEmpty { messages.append("\n") }
            messages.append(message)
        }
    }

    private mutating func note(_ json: JSON) {
        sessionID =
            sessionFields.lazy.compactMap { json[$0]?.string }.first { !$0.trimmed.isEmpty } ?? sessionID
        usage = TokenUsage(json["usage"]) ?? usage
    }

    private static func message(_ json: JSON) -> String? {
        if let item = json["item"] {
            let type = item["type"]?.string?.lowercased() ?? "message"
            return type.contains("message") ? item["text"]?.string : nil
        }
        if let message = json["message"] { return text(of: message) }
        return json["text"]?.string
    }

    private static func delta(_ json: JSON) -> String? {
        json["delta"]?.string ?? json["delta"]?["text"]?.string
    }

    /// The text in `json`: a string, the texts of an array, or what an object holds; nil when there is none.
    private static func text(of json: JSON) -> String? {
        switch json {
        case .string(let text): return BoundedText(text).text
        case .array(let elements):
            var text = BoundedText()
            for element in elements { text.append(Self.text(of: element) ?? "") }
            return text.isEmpty ? nil : text.text
        case .object:
            for name in ["text", "content", "message"] {
                if let text = json[name].flatMap(Self.text) { return text }
            }
            return nil
        case .null, .bool, .integer, .double: return nil
        }
    }

    private static func object(_ text: ArraySlice<UInt8>) -> JSON? {
        guard let json = try? JSON(parsing: Array(text)), json.object != nil else { return nil }
        return json
    }

    /// Where the characters end that are there to their last byte (RFC 3629 section 3).
    private static func endOfWholeCharacters(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }
}

/// Text that grows up to the longest answer, and says so when it would be longer.
private struct BoundedText {
    private(set) var text = ""
    private var isFull = false

    init(_ text: String = "") {
        append(text)
    }

    var isEmpty: Bool { text.isEmpty }

    mutating func append(_ more: String) {
        guard !isFull else { return }
        guard text.utf8.count + more.utf8.count > Reply.lengthLimit else {
            text += more
            return
        }
        var room = Reply.lengthLimit - text.utf8.count
        for character in more.unicodeScalars {
            room -= UTF8.width(character)
            guard room >= 0 else { break }
            text.unicodeScalars.append(character)
        }
        text += "\n[cut here: the answer is longer than \(Reply.lengthLimit >> 10) KiB]"
        isFull = true
    }
}
