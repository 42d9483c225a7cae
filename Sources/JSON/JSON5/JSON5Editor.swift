/// Collects the edits that make a JSON5 text say something else.
struct JSON5Editor {
    private struct Edit {
        var range: Range<Int>
        var replacement: [UInt8]
    }

    private let text: [UInt8]
    private let writer: JSON5Writer
    private var edits: [Edit] = []

    init(_ document: JSON5Document) {
        text = document.text
        writer = JSON5Writer(style: JSON5Style(of: document))
    }

    /// The text with every edit done.
    var edited: [UInt8] {
        var result: [UInt8] = []
        var clean = 0
        // Sorting is stable, so edits of one place keep their order.
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            // Two removals may claim the same line end.
            result += text[clean..<max(clean, edit.range.lowerBound)] + edit.replacement
            clean = max(clean, edit.range.upperBound)
        }
        return result + text[clean...]
    }

    /// Makes `node` say `value`. `isSpread` tells whether what surrounds it is written over several lines.
    mutating func update(_ node: JSON5Node, to value: JSON, isSpread: Bool = true) {
        guard !node.value.isSame(as: value) else { return }
        switch (node.list, value) {
        case (let list?, .object(let object)) where list.isObject:
            update(node, list, to: object, isSpread: isSpread)
        case (let list?, .array(let elements)) where !list.isObject:
            update(node, list, to: elements, isSpread: isSpread)
        case (nil, .string(let string)) where text[node.range.lowerBound] == UInt8(ascii: "'"):
            replace(node.range, writer.bytes(of: string, names: .singleQuoted))
        default:
            let indentation = isSpread ? self.indentation(at: node.range.lowerBound) : nil
            replace(node.range, writer.bytes(of: value, indentation: indentation, names: .quoted))
        }
    }

    // MARK: Objects

    private mutating func update(
        _ node: JSON5Node, _ list: JSON5Node.List, to object: JSONObject, isSpread: Bool
    ) {
        let layout = layout(of: node, list, isSpread: isSpread)
        var removed: [Int] = []
        for (index, item) in list.items.enumerated() {
            if let name = item.name, let value = object[name.text] {
                update(item.value, to: value, isSpread: layout.isSpread)
            } else {
                removed.append(index)
            }
        }
        let known = Set(list.items.map { Array(($0.name?.text ?? "").utf8) })
        let added = object.members.filter { !known.contains(Array($0.name.utf8)) }
        let names = list.items.last?.name.map { JSON5Style.Names(text[$0.range.lowerBound]) } ?? writer.style.names
        let written = added.map { writer.bytes(of: $0, indentation: layout.itemIndentation, names: names) }
        remove(removed, from: list, isFollowed: !added.isEmpty)
        append(written, to: list, of: node, without: removed, layout)
    }

    // MARK: Arrays

    private mutating func update(
        _ node: JSON5Node, _ list: JSON5Node.List, to elements: [JSON], isSpread: Bool
    ) {
        let layout = layout(of: node, list, isSpread: isSpread)
        let old = list.items.map(\.value)
        let shorter = min(old.count, elements.count)
        let prefix = (0..<shorter).first { !old[$0].value.isSame(as: elements[$0]) } ?? shorter
        let suffix =
            (0..<(shorter - prefix)).first {
                !old[old.count - 1 - $0].value.isSame(as: elements[elements.count - 1 - $0])
            } ?? shorter - prefix
        let oldEnd = old.count - suffix
        let newEnd = elements.count - suffix
        let paired = min(oldEnd, newEnd)
        for index in prefix..<max(prefix, paired) {
            update(old[index], to: elements[index], isSpread: layout.isSpread)
        }
        let added = elements[max(prefix, paired)..<newEnd].map {
            writer.bytes(of: $0, indentation: layout.itemIndentation, names: .quoted)
        }
        let removed = Array(max(prefix, paired)..<oldEnd)
        guard suffix > 0, !added.isEmpty else {
            remove(removed, from: list, isFollowed: !added.isEmpty)
            return append(added, to: list, of: node, without: removed, layout)
        }
        let next = list.items[oldEnd]
        let separator = isFirstOnLine(next.start) ? writer.lineBreak(indentation(at: next.start)) : writer.space
        replace(next.start..<next.start, added.flatMap { $0 + [UInt8(ascii: ",")] + separator })
    }

    // MARK: Lists

    /// How a list is laid out.
    private struct Layout {
        /// White space before each item on a line of its own; nil when the list stands on one line.
        var itemIndentation: [UInt8]?
        /// White space before the closing bracket.
        var closingIndentation: [UInt8]

        var isSpread: Bool { itemIndentation != nil }
    }

    private func layout(of node: JSON5Node, _ list: JSON5Node.List, isSpread: Bool) -> Layout {
        let outer = indentation(at: node.range.lowerBound)
        let closing = node.range.upperBound - 1
        guard let last = list.items.last else {
            let isOpen = isSpread || text[node.range.lowerBound..<closing].contains(UInt8(ascii: "\n"))
            return Layout(itemIndentation: isOpen ? outer + writer.style.unit : nil, closingIndentation: outer)
        }
        if isFirstOnLine(last.start) {
            return Layout(itemIndentation: indentation(at: last.start), closingIndentation: outer)
        }
        // Nothing can follow a line comment on its line.
        return Layout(
            itemIndentation: list.endsInLineComment ? outer + writer.style.unit : nil, closingIndentation: outer)
    }

    /// Adds items at the end of a list that loses those at `removed`, and sets the commas right.
    private mutating func append(
        _ added: [[UInt8]], to list: JSON5Node.List, of node: JSON5Node, without removed: [Int], _ layout: Layout
    ) {
        let hasTrailingComma = list.items.last?.comma != nil
        let tail = Self.tail(of: list, in: removed)
        if tail > 0 {
            let kept = tail - 1
            let item = list.items[kept]
            switch (item.comma, !added.isEmpty || hasTrailingComma) {
            case (nil, true):
                replace(item.value.range.upperBound..<item.value.range.upperBound, [UInt8(ascii: ",")])
            // Strict JSON stays strict JSON: it has no trailing comma.
            case (let comma?, false): replace(comma..<comma + 1, [])
            case (nil, false), (.some, true): break
            }
        }
        guard !added.isEmpty else { return }
        let lead =
            layout.itemIndentation.map(writer.lineBreak) ?? (list.items.count > removed.count ? writer.space : [])
        var written: [UInt8] = []
        for (index, item) in added.enumerated() {
            let isLast = index == added.count - 1
            written += index == 0 || layout.isSpread ? lead : writer.space
            written += item + (isLast && !hasTrailingComma ? [] : [UInt8(ascii: ",")])
        }
        let closing = node.range.upperBound - 1
        let hasLineEnd = text[list.contentEnd..<closing].contains(UInt8(ascii: "\n"))
        if list.items.isEmpty, layout.isSpread, !hasLineEnd {
            replace(list.contentEnd..<closing, written + writer.lineBreak(layout.closingIndentation))
        } else {
            replace(list.contentEnd..<list.contentEnd, written)
        }
    }

    /// Takes items out, each with its comma and, when it has a line of its own, with that line.
    private mutating func remove(_ removed: [Int], from list: JSON5Node.List, isFollowed: Bool) {
        let tail = Self.tail(of: list, in: removed)
        for index in removed {
            let item = list.items[index]
            let valueEnd = item.value.range.upperBound
            var end = item.end
            if !text[valueEnd..<end].allSatisfy({ Self.isBlank($0) || $0 == UInt8(ascii: ",") }) {
                // A comment stands before the comma, and stays.
                replace(end - 1..<end, [])
                end = valueEnd
            }
            var start = item.start
            // What is appended goes where the content ends, which no edit may reach over: what makes room for it goes
            // with the line end before it.
            let makesRoom = isFollowed && index >= tail
            let limit = makesRoom ? list.contentEnd : text.count
            while end < limit, Self.isBlank(text[end]) { end += 1 }
            let isLast = end == limit || isLineEnd(end)
            if makesRoom, isLast {
                while Self.isBlank(text[start - 1]) { start -= 1 }
                start -= lineEndLength(before: start)
            } else if isLast, isFirstOnLine(start) {
                start -= indentation(at: start).count
                end += text[end] == UInt8(ascii: "\r") ? 2 : 1
            }
            replace(start..<end, [])
        }
    }

    /// Where the items begin of which none stays: at the end of a list that loses those at `removed`, in order.
    private static func tail(of list: JSON5Node.List, in removed: [Int]) -> Int {
        var tail = list.items.count
        for index in removed.reversed() where index == tail - 1 { tail = index }
        return tail
    }

    // MARK: Text

    private mutating func replace(_ range: Range<Int>, _ replacement: [UInt8]) {
        edits.append(Edit(range: range, replacement: replacement))
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// The white space that begins the line of `offset`.
    private func indentation(at offset: Int) -> [UInt8] {
        Array(text[lineStart(offset)..<offset].prefix(while: Self.isBlank))
    }

    private func isFirstOnLine(_ offset: Int) -> Bool {
        text[lineStart(offset)..<offset].allSatisfy(Self.isBlank)
    }

    private func lineStart(_ offset: Int) -> Int {
        text[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    }

    private func isLineEnd(_ offset: Int) -> Bool {
        guard offset < text.count else { return false }
        return text[offset] == UInt8(ascii: "\n")
            || text[offset] == UInt8(ascii: "\r") && offset + 1 < text.count && text[offset + 1] == UInt8(ascii: "\n")
    }

    private func lineEndLength(before offset: Int) -> Int {
        guard offset > 0, text[offset - 1] == UInt8(ascii: "\n") else { return 0 }
        return offset > 1 && text[offset - 2] == UInt8(ascii: "\r") ? 2 : 1
    }
}
