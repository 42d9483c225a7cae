/// A unit file, as far as the meaning of its lines goes (systemd.syntax(7)).
struct UnitFile {
    /// What one name is assigned in all, in one section.
    struct Setting {
        /// The section, such as `Service`.
        var section: String
        /// The name, such as `RestrictNamespaces`.
        var name: String
        /// The line of the last assignment, from 1 on.
        var line: Int
        /// The words of all assignments since the last that is empty, which takes back what stands before it.
        var words: [String]
        /// The last assignment's value.
        var value: String

        /// The value as a truth value; nil when it is none.
        var isOn: Bool? {
            switch value.lowercased() {
            case "1", "yes", "y", "true", "t", "on": true
            case "0", "no", "n", "false", "f", "off": false
            default: nil
            }
        }
    }

    /// A line that systemd passes over.
    struct Stray {
        /// Its number, from 1 on.
        var line: Int
        /// The line as it stands in the file, without its line feed.
        var text: String
    }

    /// What is assigned, in the order of the last assignments.
    private(set) var settings: [Setting] = []
    /// What is neither an assignment in a section, nor a comment.
    private(set) var strays: [Stray] = []

    /// Reads `text`.
    init(_ text: String) {
        var section: String?
        var pending: (line: Int, text: String)?
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            let line = Self.trimmed(bytes)
            let isComment = line.first == "#" || line.first == ";"
            // A comment within a continued line is left out of it.
            if isComment || line.isEmpty && pending == nil { continue }
            var whole = pending ?? (index + 1, "")
            pending = nil
            if line.last == "\\" {
                whole.text += line.dropLast() + " "
                pending = whole
                continue
            }
            whole.text += line
            take(whole, &section)
        }
        if let pending { take(pending, &section) }
    }

    private mutating func take(_ line: (line: Int, text: String), _ section: inout String?) {
        let text = Self.trimmed(line.text.utf8[...])
        if text.first == "[", text.last == "]" {
            section = String(text.dropFirst().dropLast())
            return
        }
        guard let section, let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            strays.append(Stray(line: line.line, text: text))
            return
        }
        let name = Self.trimmed(text.utf8[..<equals])
        let value = Self.trimmed(text.utf8[text.utf8.index(after: equals)...])
        let words = value.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map {
            String(Substring($0))
        }
        var before: [String] = []
        if let index = settings.firstIndex(where: { $0.section == section && $0.name == name }) {
            before = settings.remove(at: index).words
        }
        settings.append(
            Setting(
                section: section, name: name, line: line.line, words: words.isEmpty ? [] : before + words, value: value)
        )
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 0x0D }
        var bytes = bytes
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return String(Substring(bytes))
    }

    /// What `name` is assigned in `[Service]`; nil when it is not.
    subscript(name: String) -> Setting? { settings.first { $0.section == "Service" && $0.name == name } }
}
