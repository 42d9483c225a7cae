/// A JSON5 text and what it says: the value, the place of each part, and the text that says something else with as
/// little changed as possible.
public struct JSON5Document: Sendable {
    /// The text as it was read.
    public let text: [UInt8]
    /// The value that the text means, without its comments and layout.
    public let value: JSON
    let root: JSON5Node

    /// Reads `text`, one JSON5 value. A repeated name, a number that is not finite and text that is no UTF-8 are
    /// refused. Throws `JSONError` with the byte offset of the first fault.
    public init(parsing text: [UInt8], limits: JSON.Limits = JSON.Limits()) throws(JSONError) {
        var reader = JSON5Reader(text, limits: limits)
        root = try reader.readText()
        value = root.value
        self.text = text
    }

    /// Where the value at `path` stands, or nil when there is none.
    public func position(of path: [JSON.PathComponent]) -> JSONPosition? {
        var node = root
        for (depth, component) in path.enumerated() {
            guard let list = node.list else { return nil }
            switch component {
            case .index(let index):
                guard !list.isObject, list.items.indices.contains(index) else { return nil }
                node = list.items[index].value
            case .name(let name), .nameOf(let name):
                guard let item = list.items.first(where: { $0.isNamed(name) }) else { return nil }
                if case .nameOf = component, depth == path.count - 1 {
                    return JSONPosition(offset: item.start, in: text)
                }
                node = item.value
            }
        }
        return JSONPosition(offset: node.range.lowerBound, in: text)
    }

    /// The text that says `value`: comments, order and formatting stay as they are wherever the value does.
    ///
    /// New members come last in their object, written as their neighbours are. Comments beside a member stay when it
    /// goes; only those inside what is taken out or replaced as a whole go with it.
    public func text(for value: JSON) -> [UInt8] {
        var editor = JSON5Editor(self)
        editor.update(root, to: value)
        return editor.edited
    }
}

extension JSON5Node.Item {
    /// Whether this is the member `name`, by its code units.
    func isNamed(_ name: String) -> Bool {
        self.name.map { JSONObject.isSame($0.text, name) } ?? false
    }
}
