/// What is wrong with a value somebody sent.
///
/// The texts are part of the protocol: clients show them, and they have the form of the JSON Schema
/// validator AJV.
package struct Faults: Sendable {
    private struct Entry: Equatable {
        /// Where: a JSON Pointer (RFC 6901), built from the inside out.
        var path: String
        var message: String
        /// Whether the validator names the root in this message.
        var namesRoot: Bool

        var text: String {
            if path.isEmpty { return namesRoot ? "at root: \(message)" : message }
            return "at \(path): \(message)"
        }
    }

    private var entries: [Entry] = []
    /// Those that are not told.
    private var omitted = 0

    /// How many are told; of more it is said that there are. Nobody mends a hundred mistakes from one message.
    package static let limit = 16
    /// The longest name that is repeated, in characters.
    private static let nameLimit = 64

    /// Nothing wrong yet.
    package init() {}

    /// Whether nothing is wrong.
    package var isEmpty: Bool { count == 0 }

    /// How much is wrong so far.
    package var count: Int { entries.count + omitted }

    /// Whether no more are told. Who goes through many values may stop then.
    var isFull: Bool { entries.count >= Self.limit }

    /// Something is wrong with the value being read.
    mutating func add(_ message: String) {
        add(Entry(path: "", message: message, namesRoot: false))
    }

    /// The object being read has a member it must not have.
    mutating func addUnexpected(_ name: String) {
        add(Entry(path: "", message: "unexpected property '\(Self.shortened(name))'", namesRoot: true))
    }

    /// There may be more wrong, which was not looked at.
    mutating func addMore() {
        omitted += 1
    }

    private mutating func add(_ entry: Entry) {
        if isFull { omitted += 1 } else { entries.append(entry) }
    }

    private static func shortened(_ name: String) -> String {
        name.utf8.count <= nameLimit
            ? name : "\(String(String.UnicodeScalarView(name.unicodeScalars.prefix(nameLimit))))…"
    }

    /// Everything after the first `count` faults lies below the member or index `name`. Paths are made here,
    /// so that a value without fault costs none.
    mutating func nest(after count: Int, under name: String) {
        guard entries.count > count else { return }
        var step = "/"
        for character in Self.shortened(name) {
            switch character {
            case "~": step += "~0"
            case "/": step += "~1"
            default: step.append(character)
            }
        }
        for index in count..<entries.count { entries[index].path = step + entries[index].path }
    }

    /// None of several schemas fits; `others` says why not each. A union within a union counts as one.
    mutating func addUnion(_ others: [Faults]) {
        let last = Entry(path: "", message: "must match a schema in anyOf", namesRoot: false)
        for other in others {
            for entry in other.entries where entry != last { add(entry) }
            omitted += other.omitted
        }
        add(last)
    }

    /// Everything as one text, each fault once.
    package var text: String {
        var texts: [String] = []
        for entry in entries where !texts.contains(entry.text) { texts.append(entry.text) }
        if omitted > 0 { texts.append("and more") }
        return texts.joined(separator: "; ")
    }
}
