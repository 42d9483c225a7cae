/// A patch as `apply_patch` takes it: files to add, delete and change, the changes found by the lines around them.
struct Patch {
    /// What is done with one file.
    enum Change {
        case add(path: String, lines: [String])
        case delete(path: String)
        case update(path: String, newPath: String?, chunks: [Chunk])

        /// The files that are others after it.
        var paths: [String] {
            switch self {
            case .add(let path, _), .delete(let path): [path]
            case .update(let path, let newPath?, _) where newPath != path: [path, newPath]
            case .update(let path, _, _): [path]
            }
        }
    }

    /// Lines that stand together, and what takes their place.
    struct Chunk {
        /// A line somewhere before them, by which they are found; nil for none.
        var anchor: String?
        var old: [String] = []
        var new: [String] = []
        /// Whether they are the file's last.
        var isAtEnd = false
    }

    private(set) var changes: [Change] = []

    /// Parses `text`.
    init(_ text: String) throws(OperationError) {
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Self.withoutReturn(Substring($0)) }[...]
        while let first = lines.first, Self.isBlank(first) { lines.removeFirst() }
        while let last = lines.last, Self.isBlank(last) { lines.removeLast() }
        guard lines.popFirst() == "*** Begin Patch" else {
            throw OperationError("The patch must begin with the line \"*** Begin Patch\".")
        }
        guard lines.popLast() == "*** End Patch" else {
            throw OperationError("The patch must end with the line \"*** End Patch\".")
        }
        while let line = lines.popFirst() {
            if let path = Self.value(of: "*** Add File: ", line) {
                changes.append(.add(path: path, lines: try Self.added(&lines, path)))
            } else if let path = Self.value(of: "*** Delete File: ", line) {
                changes.append(.delete(path: path))
            } else if let path = Self.value(of: "*** Update File: ", line) {
                changes.append(try Self.update(&lines, path))
            } else if !Self.isBlank(line) {
                throw OperationError(
                    "The patch has the line \"\(line)\" where \"*** Add File: \", \"*** Delete File: \" or \"*** Update File: \" "
                        + "with a path must stand.")
            }
        }
        guard !changes.isEmpty else { throw OperationError("The patch changes nothing.") }
    }

    private static func added(_ lines: inout ArraySlice<String>, _ path: String) throws(OperationError) -> [String] {
        var added: [String] = []
        while let line = lines.first, !line.utf8.starts(with: "*** ".utf8) {
            lines.removeFirst()
            guard line.utf8.first == UInt8(ascii: "+") else {
                throw OperationError("\(path): every line of a new file begins with \"+\", and \"\(line)\" does not.")
            }
            added.append(String(Substring(line.utf8.dropFirst())))
        }
        return added
    }

    private static func update(_ lines: inout ArraySlice<String>, _ path: String) throws(OperationError) -> Change {
        var newPath: String?
        if let line = lines.first, let moved = value(of: "*** Move to: ", line) {
            newPath = moved
            lines.removeFirst()
        }
        var chunks: [Chunk] = []
        while let line = lines.first {
            if line == "*** End of File" {
                lines.removeFirst()
                if !chunks.isEmpty { chunks[chunks.count - 1].isAtEnd = true }
                continue
            }
            if line.utf8.starts(with: "*** ".utf8) { break }
            lines.removeFirst()
            if line == "@@" || line.utf8.starts(with: "@@ ".utf8) {
                chunks.append(Chunk(anchor: line == "@@" ? nil : String(Substring(line.utf8.dropFirst(3)))))
                continue
            }
            if chunks.isEmpty { chunks.append(Chunk()) }
            let text = String(Substring(line.utf8.dropFirst()))
            switch line.utf8.first {
            case UInt8(ascii: "+"): chunks[chunks.count - 1].new.append(text)
            case UInt8(ascii: "-"): chunks[chunks.count - 1].old.append(text)
            // An empty line often stands for an empty line of context.
            case UInt8(ascii: " "), nil:
                chunks[chunks.count - 1].old.append(text)
                chunks[chunks.count - 1].new.append(text)
            default:
                throw OperationError(
                    "\(path): a line of a change begins with \" \", \"+\", \"-\" or \"@@\", and \"\(line)\" does not.")
            }
        }
        chunks.removeAll { $0.old.isEmpty && $0.new.isEmpty }
        guard !chunks.isEmpty || newPath != nil else {
            throw OperationError("\(path): the patch changes nothing in it.")
        }
        return .update(path: path, newPath: newPath, chunks: chunks)
    }

    /// The lines of a file after `chunks`.
    static func apply(_ chunks: [Chunk], to lines: [String], path: String) throws(OperationError) -> [String] {
        var result: [String] = []
        var position = 0
        for chunk in chunks {
            var start = position
            if let anchor = chunk.anchor {
                guard let place = place(of: [anchor], in: lines, from: position) else {
                    throw OperationError("\(path): there is no line \"\(anchor)\" where the patch looks for it.")
                }
                start = place + 1
            }
            let place: Int
            if chunk.old.isEmpty {
                place = chunk.anchor == nil ? lines.count : start
            } else if chunk.isAtEnd,
                let last = self.place(of: chunk.old, in: lines, from: max(start, lines.count - chunk.old.count))
            {
                place = last
            } else if let found = self.place(of: chunk.old, in: lines, from: start) {
                place = found
            } else {
                throw OperationError(
                    "\(path): these lines are not in it as the patch has them; read the file again:\n"
                        + chunk.old.prefix(20).joined(separator: "\n"))
            }
            result += lines[position..<place]
            result += chunk.new
            position = place + chunk.old.count
        }
        return result + lines[position...]
    }

    /// Where `wanted` stands in `lines`: exactly, or else but for blanks at the ends of lines.
    private static func place(of wanted: [String], in lines: [String], from start: Int) -> Int? {
        guard start >= 0, start + wanted.count <= lines.count else { return nil }
        let places = start...(lines.count - wanted.count)
        for isSame in [{ (left: String, right: String) in left.utf8.elementsEqual(right.utf8) }, isAlike] {
            if let place = places.first(where: { place in
                wanted.indices.allSatisfy { isSame(lines[place + $0], wanted[$0]) }
            }) {
                return place
            }
        }
        return nil
    }

    private static let isAlike: @Sendable (String, String) -> Bool = { trimmed($0).elementsEqual(trimmed($1)) }

    private static func trimmed(_ line: String) -> Substring.UTF8View {
        var bytes = line[...].utf8
        while let last = bytes.last, last == 32 || last == 9 || last == 13 { bytes.removeLast() }
        return bytes
    }

    private static func isBlank(_ line: String) -> Bool { trimmed(line).isEmpty }

    private static func withoutReturn(_ line: Substring) -> String {
        line.utf8.last == 13 ? String(Substring(line.utf8.dropLast())) : String(line)
    }

    /// What follows `name` on the line; nil when it does not begin so.
    private static func value(of name: String, _ line: String) -> String? {
        guard line.utf8.starts(with: name.utf8) else { return nil }
        let value = String(Substring(trimmed(line).dropFirst(name.utf8.count)))
        return value.isEmpty ? nil : value
    }
}
