import Fuzzing
import Testing

@testable import JSON

/// Bytes and edits nobody thought of, for as long as there is time.
@Suite struct JSON5EditFuzzTests {
    @Test func `any bytes are read, or refused at a place in them`() {
        for seed in FuzzRun("json5-reader") {
            var random = SplitMix(seed: seed)
            let text = random.bytes()
            do throws(JSONError) { _ = try JSON5Document(parsing: text) } catch { require(error, in: text, seed) }
            do throws(JSONError) { _ = try JSON(parsing: text) } catch { require(error, in: text, seed) }
        }
    }

    private func require(_ error: JSONError, in text: [UInt8], _ seed: UInt64) {
        #expect((0...text.count).contains(error.offset), "seed \(seed): \(error)")
        let position = JSONPosition(offset: error.offset, in: text)
        #expect(position.line >= 1 && position.column >= 1, "seed \(seed)")
    }

    @Test func `an edit changes the bytes of what it is about, and no others`() throws {
        for seed in FuzzRun("json5-edits") {
            var random = SplitMix(seed: seed)
            let value = random.object(depth: 3)
            var writer = RandomWriter(random: random)
            writer.write(value)
            random = writer.random
            let before = Array(writer.text.utf8)
            let document = try JSON5Document(parsing: before)
            let nodes = document.root.descendants(at: [])
            guard !nodes.isEmpty else { continue }
            let (path, node) = random.one(of: nodes)
            let edit = random.one(of: [Edit.replace, .remove, .add])
            guard let (changed, new) = edit.apply(to: value, at: path, &random), !changed.isSame(as: value) else {
                continue
            }
            let after = document.text(for: changed)
            let comment: Comment =
                "seed \(seed): \(edit) at \(path): \(writer.text) became \(String(decoding: after, as: UTF8.self))"
            #expect(try JSON5Document(parsing: after).value.isSame(as: changed), comment)
            switch edit {
            case .replace:
                guard new.array == nil, new.object == nil else { continue }
                let tail = before.count - node.range.upperBound
                #expect(
                    after.prefix(node.range.lowerBound).elementsEqual(before.prefix(node.range.lowerBound)), comment)
                #expect(after.suffix(tail).elementsEqual(before.suffix(tail)), comment)
            case .remove: #expect(after.isSubsequence(of: before), comment)
            case .add:
                // What is first in a list gets a line of its own: the blanks before the end make room for it.
                let kept =
                    node.list?.items.isEmpty == true ? before.droppingBlanks(before: node.range.upperBound - 1) : before
                #expect(kept.isSubsequence(of: after), comment)
            }
        }
    }
}

private enum Edit {
    case replace, remove, add

    /// `value` with one thing changed at `path`, and what stands there then; nil when this cannot be done there.
    func apply(to value: JSON, at path: [JSON.PathComponent], _ random: inout SplitMix) -> (JSON, JSON)? {
        var new: JSON = .null
        guard let changed = change(value, path[...], &random, &new) else { return nil }
        return (changed, new)
    }

    private func change(
        _ value: JSON, _ path: ArraySlice<JSON.PathComponent>, _ random: inout SplitMix, _ new: inout JSON
    ) -> JSON? {
        guard let first = path.first else {
            switch (self, value) {
            case (.replace, _):
                new = random.scalar()
                return new
            case (.add, .object(var object)):
                let name = random.name()
                guard object[name] == nil else { return nil }
                object[name] = random.value(depth: 1)
                return .object(object)
            case (.add, .array(let elements)): return .array(elements + [random.value(depth: 1)])
            case (.add, _), (.remove, _): return nil
            }
        }
        let rest = path.dropFirst()
        switch (value, first) {
        case (.object(var object), .name(let name)):
            guard let child = object[name] else { return nil }
            if self == .remove, rest.isEmpty {
                object[name] = nil
                return .object(object)
            }
            guard let changed = change(child, rest, &random, &new) else { return nil }
            object[name] = changed
            return .object(object)
        case (.array(var elements), .index(let index)):
            if self == .remove, rest.isEmpty {
                // Equal neighbours are told apart by nobody: the last goes.
                elements.remove(at: index)
                return .array(elements)
            }
            guard let changed = change(elements[index], rest, &random, &new) else { return nil }
            elements[index] = changed
            return .array(elements)
        default: return nil
        }
    }
}

extension JSON5Node {
    /// Everything below this, with the path to it.
    fileprivate func descendants(at path: [JSON.PathComponent]) -> [(path: [JSON.PathComponent], node: JSON5Node)] {
        guard let list else { return [] }
        return list.items.enumerated().flatMap { index, item in
            let inner = path + [item.name.map { .name($0.text) } ?? .index(index)]
            return [(inner, item.value)] + item.value.descendants(at: inner)
        }
    }
}

extension [UInt8] {
    /// These without the blanks that lead up to `end`.
    fileprivate func droppingBlanks(before end: Int) -> [UInt8] {
        let text = String(decoding: self[..<end], as: UTF8.self).unicodeScalars
        let kept = text.reversed().drop { $0.properties.isWhitespace }.reversed()
        return Array(String(String.UnicodeScalarView(kept)).utf8) + self[end...]
    }

    /// Whether `other` holds these bytes in this order, with or without others between them.
    fileprivate func isSubsequence(of other: [UInt8]) -> Bool {
        var rest = self[...]
        for byte in other where byte == rest.first { rest = rest.dropFirst() }
        return rest.isEmpty
    }
}
