/// Writes values in the style of the text they are put into.
struct JSON5Writer {
    let style: JSON5Style

    /// What separates two items on one line.
    var space: [UInt8] { style.isSpaced ? [UInt8(ascii: " ")] : [] }

    /// The end of a line and the beginning of the next.
    func lineBreak(_ indentation: [UInt8]) -> [UInt8] { style.lineEnd + indentation }

    /// `value`, over several lines when `indentation`, which its first line has, is given.
    func bytes(of value: JSON, indentation: [UInt8]?, names: JSON5Style.Names) -> [UInt8] {
        switch value {
        case .array(let elements):
            list(UInt8(ascii: "["), UInt8(ascii: "]"), elements, indentation) { element, inner in
                bytes(of: element, indentation: inner, names: names)
            }
        case .object(let object):
            list(UInt8(ascii: "{"), UInt8(ascii: "}"), object.members, indentation) { member, inner in
                bytes(of: member, indentation: inner, names: names)
            }
        case .null, .bool, .integer, .double, .string: value.serialized()
        }
    }

    /// A member, name and value.
    func bytes(of member: JSONObject.Member, indentation: [UInt8]?, names: JSON5Style.Names) -> [UInt8] {
        bytes(of: member.name, names: names) + [UInt8(ascii: ":")] + space
            + bytes(of: member.value, indentation: indentation, names: names)
    }

    private func list<Item>(
        _ open: UInt8, _ close: UInt8, _ items: [Item], _ indentation: [UInt8]?, _ write: (Item, [UInt8]?) -> [UInt8]
    ) -> [UInt8] {
        guard !items.isEmpty else { return [open, close] }
        let inner = indentation.map { $0 + style.unit }
        var bytes = [open]
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += inner.map(lineBreak) ?? (index > 0 ? space : [])
            bytes += write(item, inner)
        }
        return bytes + (indentation.map(lineBreak) ?? []) + [close]
    }

    /// `name`, or another string, quoted as `names` says where it can be.
    func bytes(of name: String, names: JSON5Style.Names) -> [UInt8] {
        let quoted = JSON.string(name).serialized()
        let scalars = name.unicodeScalars
        switch names {
        case .bare
        where !scalars.isEmpty
            && zip(0..., scalars).allSatisfy({ index, scalar in
                JSON5Reader.isIdentifier(scalar, isFirst: index == 0)
            }):
            return Array(name.utf8)
        case .singleQuoted where !name.utf8.contains(UInt8(ascii: "'")) && !quoted.contains(UInt8(ascii: "\\")):
            return [UInt8(ascii: "'")] + name.utf8 + [UInt8(ascii: "'")]
        case .bare, .quoted, .singleQuoted: return quoted
        }
    }
}
