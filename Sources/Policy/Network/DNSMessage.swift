/// Questions to a name server, and what its answers say (RFC 1035).
public enum DNSMessage {
    /// The kinds of record that are asked for.
    public enum RecordType: UInt16, Sendable {
        /// An IPv4 address.
        case a = 1
        /// An IPv6 address (RFC 3596).
        case aaaa = 28
    }

    /// What an answer says.
    public enum Answer: Equatable, Sendable {
        /// The addresses that the name has; none when it has none of that kind, or is no name at all.
        case addresses([IPAddress])
        /// It is another name for this one, whose addresses are not told.
        case alias(HostText)
        /// It did not fit in one datagram: ask over TCP.
        case truncated
        /// The server could not tell.
        case failure(code: UInt8)
    }

    private static let aliasType: UInt16 = 5
    private static let internetClass: UInt16 = 1
    /// How many aliases are followed within one answer.
    private static let aliasLimit = 16

    /// A question for the records of one kind that `name` has.
    public static func question(id: UInt16, name: HostText, type: RecordType) -> [UInt8] {
        // Recursion desired, one question.
        var bytes = id.bytes + [0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.text.utf8.split(separator: UInt8(ascii: ".")) {
            bytes.append(UInt8(label.count))
            bytes += label
        }
        return bytes + [0] + type.rawValue.bytes + internetClass.bytes
    }

    /// What `bytes` answer to the question of `id`, `name` and `type`; nil when they are no answer to it.
    public static func answer(_ bytes: [UInt8], id: UInt16, name: HostText, type: RecordType) -> Answer? {
        var reader = Reader(bytes: bytes)
        guard let given = reader.number(), given == id, let flags = reader.number(), let questions = reader.number(),
            let count = reader.number(), reader.number() != nil, reader.number() != nil
        else { return nil }
        // A response to a standard query, with the very question in it.
        guard flags & 0xF800 == 0x8000, questions == 1, let asked = reader.name(), asked == name.text,
            reader.number() == type.rawValue, reader.number() == internetClass
        else { return nil }
        guard flags & 0x0200 == 0 else { return .truncated }
        let code = UInt8(flags & 0x000F)
        // 3 says that there is no such name, which is an answer (RFC 2308).
        guard code == 0 || code == 3 else { return .failure(code: code) }
        var records: [Record] = []
        for _ in 0..<count {
            guard let record = reader.record() else { return nil }
            records.append(record)
        }
        return follow(records, from: name.text, type)
    }

    private static func follow(_ records: [Record], from name: String, _ type: RecordType) -> Answer? {
        var owner = name
        for _ in 0..<aliasLimit {
            let addresses = records.filter { $0.owner == owner && $0.type == type.rawValue }
                .compactMap { IPAddress(bytes: $0.data) }
                .filter { $0.isIPv4 == (type == .a) }
            if !addresses.isEmpty { return .addresses(addresses) }
            guard let alias = records.first(where: { $0.owner == owner && $0.type == aliasType })?.target else { break }
            owner = alias
        }
        guard owner != name else { return .addresses([]) }
        return HostText(owner).map { .alias($0) }
    }

    private struct Record {
        let owner: String
        let type: UInt16
        let data: [UInt8]
        /// The name that an alias stands for.
        let target: String?
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func number() -> UInt16? {
            guard position + 2 <= bytes.count else { return nil }
            defer { position += 2 }
            return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
        }

        /// A name in lower case, its labels perhaps elsewhere in the message (section 4.1.4).
        mutating func name() -> String? {
            var labels: [String] = []
            var place = position
            var end: Int?
            var length = 0
            while place < bytes.count {
                let size = Int(bytes[place])
                if size == 0 {
                    position = end ?? place + 1
                    return labels.joined(separator: ".").lowercased()
                }
                if size & 0xC0 == 0xC0 {
                    guard place + 1 < bytes.count else { return nil }
                    let target = (size & 0x3F) << 8 | Int(bytes[place + 1])
                    end = end ?? place + 2
                    // Only what came before: no circle is possible.
                    guard target < place else { return nil }
                    place = target
                    continue
                }
                guard size < 64, place + 1 + size <= bytes.count else { return nil }
                length += size + 1
                guard length <= 255 else { return nil }
                labels.append(String(decoding: bytes[place + 1...place + size], as: UTF8.self))
                place += 1 + size
            }
            return nil
        }

        mutating func record() -> Record? {
            guard let owner = name(), let type = number(), let kind = number(), number() != nil, number() != nil,
                let length = number(), position + Int(length) <= bytes.count
            else { return nil }
            let start = position
            let data = Array(bytes[start..<start + Int(length)])
            var target: String?
            if type == aliasType {
                target = name()
                guard target != nil, position == start + Int(length) else { return nil }
            }
            position = start + Int(length)
            return Record(owner: owner, type: kind == internetClass ? type : 0, data: data, target: target)
        }
    }
}

extension UInt16 {
    fileprivate var bytes: [UInt8] { [UInt8(self >> 8), UInt8(truncatingIfNeeded: self)] }
}
