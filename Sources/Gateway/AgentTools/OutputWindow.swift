/// What a program has written, as far as a model is told: the beginning and the end. What lies between is only counted.
struct OutputWindow: Sendable {
    /// How much of the beginning is kept, and of the end, in bytes.
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    /// All that was written, in bytes.
    private(set) var count = 0

    init(head: Int = 24 << 10, tail: Int = 40 << 10) {
        headLimit = head
        tailLimit = tail
    }

    mutating func append(_ bytes: [UInt8]) {
        count += bytes.count
        let room = max(0, headLimit - head.count)
        head += bytes.prefix(room)
        tail += bytes.dropFirst(room)
        // Not at every piece: moving the rest costs as much as it is long.
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    /// The text, with a line that tells how much was left out.
    var text: String {
        let end = tail.suffix(tailLimit)
        let left = count - head.count - end.count
        guard left > 0 else { return String(decoding: head + end, as: UTF8.self) }
        return String(decoding: head, as: UTF8.self) + "\n[\(left) bytes left out here]\n"
            + String(decoding: end, as: UTF8.self)
    }
}
