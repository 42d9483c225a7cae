/// One value of a JSON5 text, and where it stands in it. Offsets are in bytes.
struct JSON5Node: Sendable {
    /// A name as it was read, and where.
    struct Name: Sendable {
        var text: String
        var range: Range<Int>
    }

    /// A member of an object or an element of an array.
    struct Item: Sendable {
        /// Nil for an element.
        var name: Name?
        var value: JSON5Node
        /// The comma that follows it.
        var comma: Int?

        /// The first byte.
        var start: Int { name?.range.lowerBound ?? value.range.lowerBound }
        /// The byte after its comma, or after its value when none follows.
        var end: Int { comma.map { $0 + 1 } ?? value.range.upperBound }
    }

    /// What stands between two brackets.
    struct List: Sendable {
        var isObject: Bool
        var items: [Item]
        /// The byte after the last thing in it that is no white space: an item, a comma, a comment or the opening
        /// bracket.
        var contentEnd: Int
        /// Whether that last thing is a comment that a line end closes.
        var endsInLineComment: Bool
    }

    indirect enum Content: Sendable {
        case scalar(JSON)
        case list(List)
    }

    var range: Range<Int>
    var content: Content

    /// The value alone.
    var value: JSON {
        switch content {
        case .scalar(let value): value
        case .list(let list) where list.isObject:
            .object(
                JSONObject(
                    list.items.map { JSONObject.Member(name: $0.name?.text ?? "", value: $0.value.value) }))
        case .list(let list): .array(list.items.map(\.value.value))
        }
    }

    /// The items, or nil for a scalar.
    var list: List? {
        if case .list(let list) = content { list } else { nil }
    }
}
