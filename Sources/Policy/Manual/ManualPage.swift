/// A page of the manual, written in the macros of man(7).
public struct ManualPage {
    /// The page so far.
    public private(set) var text: String

    /// The page of the command `name` in section 1: of version `version`, which `summary` says in one line.
    public init(_ name: String, version: String, summary: String) {
        text = """
            .TH \(Self.escaped(name.uppercased())) 1 "" "MazelClaw \(Self.escaped(version))" "User Commands"
            .SH NAME
            \(Self.escaped(name)) \\- \(Self.escaped(summary))

            """
    }

    /// Begins a section.
    public mutating func section(_ title: String) {
        text += ".SH \(Self.escaped(title))\n"
    }

    /// Begins a part of a section.
    public mutating func subsection(_ title: String) {
        text += ".SS \(Self.escaped(title))\n"
    }

    /// Adds `paragraph`.
    public mutating func add(_ paragraph: String) {
        text += ".PP\n\(Self.line(paragraph))\n"
    }

    /// Adds `lines`, each a line of its own.
    public mutating func add(lines: [String]) {
        text += ".PP\n.nf\n\(lines.map(Self.line).joined(separator: "\n"))\n.fi\n"
    }

    /// Adds what `words`, such as an option with its value, mean.
    public mutating func add(_ words: String, _ meaning: String) {
        text += ".TP\n\\fB\(Self.escaped(words))\\fR\n\(Self.line(meaning))\n"
    }

    /// `text` on a line of its own, which begins no request.
    private static func line(_ text: String) -> String {
        let text = escaped(text)
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&\(text)" : text
    }

    /// `text` as groff(7) prints it as it is.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            // A hyphen that can be searched for and copied.
            case "-": result += "\\-"
            case "~": result += "\\(ti"
            case "^": result += "\\(ha"
            case "\n": result += " "
            default: result.append(character)
            }
        }
        return result
    }
}
