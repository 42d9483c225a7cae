/// A line of the Internet Relay Chat protocol (RFC 1459 section 2.3.1, RFC 2812, and the tags of IRCv3).
struct IRCMessage: Sendable, Equatable {
    /// Its tags by name. A tag without a value has an empty one.
    var tags: [String: String] = [:]
    /// Whom it is from, without its colon; nil when the line does not say.
    var source: String?
    /// The command in upper case, or three digits.
    var command: String
    var parameters: [String] = []

    /// The most tags that are read: a server sends a handful.
    private static let tagLimit = 128
    /// The most parameters (RFC 2812 section 2.3).
    private static let parameterLimit = 15

    /// Reads a line without its end; nil when it has no command.
    init?(_ line: some Collection<UInt8>) {
        var rest = Substring(IRCText.decoded(line))
        if rest.first == "@" {
            let tags = rest.dropFirst().prefix { $0 != " " }
            self.tags = Self.tags(tags)
            rest = rest.dropFirst(tags.count + 1).drop { $0 == " " }
        }
        if rest.first == ":" {
            let source = rest.dropFirst().prefix { $0 != " " }
            self.source = String(source)
            rest = rest.dropFirst(source.count + 1).drop { $0 == " " }
        }
        let command = rest.prefix { $0 != " " }
        guard !command.isEmpty, command.utf8.allSatisfy(Self.isOfCommand) else { return nil }
        self.command = command.uppercased()
        rest = rest.dropFirst(command.count).drop { $0 == " " }
        while !rest.isEmpty {
            if rest.first == ":" || parameters.count == Self.parameterLimit - 1 {
                parameters.append(String(rest.first == ":" ? rest.dropFirst() : rest))
                break
            }
            let parameter = rest.prefix { $0 != " " }
            parameters.append(String(parameter))
            rest = rest.dropFirst(parameter.count).drop { $0 == " " }
        }
    }

    /// The parameter at `index`; empty when there is none.
    subscript(index: Int) -> String { parameters.indices.contains(index) ? parameters[index] : "" }

    /// Who the source is.
    var sender: IRCSource? { source.flatMap(IRCSource.init) }

    private static func isOfCommand(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func tags(_ text: Substring) -> [String: String] {
        var tags: [String: String] = [:]
        for tag in text.split(separator: ";").prefix(tagLimit) {
            let parts = tag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            tags[String(parts[0])] = parts.count > 1 ? unescaped(parts[1]) : ""
        }
        return tags
    }

    /// A tag's value without its escapes (IRCv3 message-tags).
    private static func unescaped(_ value: Substring) -> String {
        var text = ""
        var isEscaped = false
        for character in value {
            guard isEscaped else {
                if character == "\\" { isEscaped = true } else { text.append(character) }
                continue
            }
            isEscaped = false
            switch character {
            case ":": text.append(";")
            case "s": text.append(" ")
            case "r": text.append("\r")
            case "n": text.append("\n")
            default: text.append(character)
            }
        }
        return text
    }
}

/// Somebody on the network: `nick!user@host`. A server has no user.
struct IRCSource: Sendable, Equatable {
    let nick: String
    let user: String
    let host: String

    /// Reads `nick!user@host`; nil for a server, and for what is no such thing.
    init?(_ text: String) {
        guard let at = text.lastIndex(of: "@"), let mark = text[..<at].firstIndex(of: "!") else { return nil }
        nick = String(text[..<mark])
        user = String(text[text.index(after: mark)..<at])
        host = String(text[text.index(after: at)...])
        guard !nick.isEmpty, !user.isEmpty, !host.isEmpty else { return nil }
    }

    var mask: String { "\(nick)!\(user)@\(host)" }
}
