import Files
import Glibc
import JSON
import Policy

/// How far a place's clocks are ahead of UTC, and when that changes: a time zone file (RFC 9636, TZif) as the
/// host's tzdata holds them.
package struct TimeZoneRules: Sendable, Equatable {
    /// From this time on, in seconds since 1970, clocks are so many seconds ahead of UTC.
    private struct Transition: Sendable, Equatable {
        var time: Int64
        var offset: Int
    }

    private var first: Int
    private var transitions: [Transition]
    /// What counts after the last transition.
    private var rule: PosixTimeZone?

    /// Universal time.
    static let utc = TimeZoneRules(first: 0, transitions: [], rule: nil)

    /// The zone called `name`, as in `Europe/Berlin`; nil when the host knows none.
    package static func named(_ name: String) -> TimeZoneRules? {
        if ["utc", "gmt", "etc/utc", "z"].contains(name.lowercased()) { return .utc }
        let isName = name.utf8.allSatisfy { byte in
            byte < 0x80
                && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                    || [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+")].contains(byte))
        }
        guard isName, !name.isEmpty, !name.hasPrefix("/"),
            let path = AbsolutePath("/usr/share/zoneinfo/\(name)")
        else { return nil }
        return file(path)
    }

    /// Says that this host knows no zone called `name`.
    package static func unknown(_ name: String) -> String {
        "this host knows no time zone \(JSON.string(name).text()); expected a name like \"Europe/Berlin\" or \"UTC\""
    }

    /// Whether this host knows zones at all: tzdata may not be installed.
    package static var areInstalled: Bool { named("Europe/London") != nil }

    /// The zone of this host: `TZ`, or /etc/localtime, or universal time when there is neither.
    package static func local(_ variable: String? = getenv("TZ").map { String(cString: $0) }) -> TimeZoneRules {
        if let variable, !variable.isEmpty {
            let name = variable.hasPrefix(":") ? String(variable.dropFirst()) : variable
            if name.hasPrefix("/") { return AbsolutePath(name).flatMap(file) ?? .utc }
            return named(name) ?? PosixTimeZone(name).map { TimeZoneRules(rule: $0) } ?? .utc
        }
        return AbsolutePath("/etc/localtime").flatMap(file) ?? .utc
    }

    /// Seconds that clocks are ahead of UTC at `time`, which is in seconds since 1970.
    package func offset(at time: Int64) -> Int {
        guard let last = transitions.last, time < last.time else {
            return rule?.offset(at: time) ?? transitions.last?.offset ?? first
        }
        // The first transition after `time`; what counts is the one before it.
        var (low, high) = (0, transitions.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].time > time { high = middle } else { low = middle + 1 }
        }
        return low == 0 ? first : transitions[low - 1].offset
    }

    /// The times at which clocks show `local`, earliest first: one, or two where clocks were put back. Where
    /// they were put forward over it, the time it would have been.
    package func times(ofLocal local: Int64) -> [Int64] {
        // No place is further than a day from UTC.
        let before = offset(at: local - 86_400)
        let after = offset(at: local + 86_400)
        var times: [Int64] = []
        for offset in before == after ? [before] : [before, after] {
            let time = local - Int64(offset)
            if self.offset(at: time) == offset { times.append(time) }
        }
        return times.isEmpty ? [local - Int64(before)] : times.sorted()
    }

    // MARK: Reading

    private init(first: Int, transitions: [Transition], rule: PosixTimeZone?) {
        self.first = first
        self.transitions = transitions
        self.rule = rule
    }

    /// A zone that only ever follows `rule`.
    init(rule: PosixTimeZone) {
        self.init(first: rule.standard, transitions: [], rule: rule)
    }

    private static func file(_ path: AbsolutePath) -> TimeZoneRules? {
        // One that cannot be read is one the host does not have.
        guard let content = try? DurableFile.read(path) else { return nil }
        return TimeZoneRules(content)
    }

    /// Reads the content of a time zone file; nil when it is none, or of the first version, which ends in 2038.
    package init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard let old = reader.header(), old.version >= UInt8(ascii: "2") else { return nil }
        reader.skip(old.size(timeSize: 4))
        guard let header = reader.header(), header.typeCount > 0 else { return nil }
        var times: [Int64] = []
        for _ in 0..<header.timeCount {
            guard let time = reader.integer(8) else { return nil }
            times.append(time)
        }
        guard let indices = reader.bytes(header.timeCount) else { return nil }
        var offsets: [Int] = []
        for _ in 0..<header.typeCount {
            guard let offset = reader.integer(4), reader.bytes(2) != nil, (-93_600...93_600).contains(offset) else {
                return nil
            }
            offsets.append(Int(offset))
        }
        guard indices.allSatisfy({ Int($0) < offsets.count }), zip(times, times.dropFirst()).allSatisfy(<) else {
            return nil
        }
        reader.skip(header.size(timeSize: 8) - header.timeCount * 9 - header.typeCount * 6)
        guard let footer = reader.line() else { return nil }
        rule = PosixTimeZone(footer)
        guard footer.isEmpty || rule != nil else { return nil }
        first = offsets[0]
        transitions = zip(times, indices).map { Transition(time: $0, offset: offsets[Int($1)]) }
    }

    private struct Header {
        var version: UInt8
        var timeCount = 0
        var typeCount = 0
        var characterCount = 0
        var leapCount = 0
        var standardCount = 0
        var universalCount = 0

        /// The bytes of what follows, when times have `timeSize`.
        func size(timeSize: Int) -> Int {
            timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4) + standardCount
                + universalCount
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
            guard count >= 0, count <= bytes.count - index else { return nil }
            defer { index += count }
            return bytes[index..<index + count]
        }

        mutating func skip(_ count: Int) {
            index = min(bytes.count, index + max(0, count))
        }

        /// A big-endian number with sign.
        mutating func integer(_ size: Int) -> Int64? {
            guard let part = bytes(size) else { return nil }
            let value = part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
        }

        mutating func header() -> Header? {
            guard let magic = bytes(4), magic.elementsEqual("TZif".utf8), let version = bytes(1)?.first,
                bytes(15) != nil
            else { return nil }
            var header = Header(version: version)
            for field in [
                \Header.universalCount, \.standardCount, \.leapCount, \.timeCount, \.typeCount, \.characterCount,
            ] {
                guard let count = integer(4), (0...100_000).contains(count) else { return nil }
                header[keyPath: field] = Int(count)
            }
            return header
        }

        /// What stands between two line feeds.
        mutating func line() -> String? {
            guard bytes(1)?.first == UInt8(ascii: "\n") else { return nil }
            let text = bytes[index...].prefix { $0 != UInt8(ascii: "\n") }
            guard text.endIndex < bytes.count else { return nil }
            index = text.endIndex + 1
            return String(decoding: text, as: UTF8.self)
        }
    }
}
