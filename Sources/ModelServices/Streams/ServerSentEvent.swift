/// One event of a stream of events (WHATWG HTML, section "Server-sent events").
struct ServerSentEvent: Equatable, Sendable {
    /// Its name; empty when none was given.
    var name: String
    /// Its data: the lines of `data`, without the last line end.
    var data: [UInt8]

    /// Whether it says that nothing follows.
    var isEnd: Bool { data.elementsEqual("[DONE]".utf8) }
}

/// Reads a stream of events from bytes that come in pieces of any size.
///
/// What it holds is bounded: a line or an event longer than `limit` bytes ends the reading, and nothing of it is kept.
struct ServerSentEventReader {
    private let limit: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var name = ""
    private var isAfterReturn = false
    private var isAtStart = true

    /// The most bytes of a line and of an event when nobody says.
    static let standardLimit = 8 << 20

    init(limit: Int = standardLimit) {
        self.limit = limit
    }

    /// The events that `bytes` complete. Throws `ModelFailure` when one is longer than it may be.
    mutating func take(_ bytes: [UInt8]) throws(ModelFailure) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            let piece = bytes[start..<(end ?? bytes.endIndex)]
            if isAfterReturn {
                isAfterReturn = false
                // The line feed of a line end whose return came before.
                if end == start, bytes[start] == UInt8(ascii: "\n") {
                    start += 1
                    continue
                }
            }
            guard line.count + piece.count <= limit else {
                forget()
                throw ModelFailure.tooLong("a line of more than \(limit) bytes")
            }
            line.append(contentsOf: piece)
            guard let end else { break }
            isAfterReturn = bytes[end] == UInt8(ascii: "\r")
            if let event = try endLine() { events.append(event) }
            start = end + 1
        }
        return events
    }

    /// The event that was not ended by an empty line before the stream ended; nil when there is none.
    mutating func finish() throws(ModelFailure) -> ServerSentEvent? {
        if !line.isEmpty, let event = try endLine() { return event }
        return endEvent()
    }

    private mutating func forget() {
        line = []
        data = []
        hasData = false
    }

    private mutating func endLine() throws(ModelFailure) -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: line.capacity <= 64 << 10) }
        if isAtStart {
            isAtStart = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        // A line that begins with a colon is a comment, which keeps the connection alive.
        if line[..<colon].elementsEqual("data".utf8) {
            guard data.count + value.count < limit else {
                forget()
                throw ModelFailure.tooLong("an event of more than \(limit) bytes")
            }
            if hasData { data.append(UInt8(ascii: "\n")) }
            data.append(contentsOf: value)
            hasData = true
        } else if line[..<colon].elementsEqual("event".utf8) {
            name = String(decoding: value.prefix(64), as: UTF8.self)
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            data = []
            hasData = false
            name = ""
        }
        return hasData ? ServerSentEvent(name: name, data: data) : nil
    }
}

extension ModelFailure {
    /// More came than is kept: `what`.
    static func tooLong(_ what: String) -> ModelFailure {
        ModelFailure(.tooLong, "the service sent \(what), which is more than is taken")
    }
}
