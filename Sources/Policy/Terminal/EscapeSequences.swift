/// Finds what a person types for the launcher among what is typed for the payload: a tilde at the start of a line and
/// the character after it, as ssh(1) has them.
///
/// A tilde at the start of a line is held until the next character is there. A line starts at the beginning, and after
/// a carriage return or a line feed.
public struct EscapeSequences: Sendable {
    /// What a sequence asks the launcher to do.
    public enum Command: Equatable, Sendable {
        /// `~.`: end the payload.
        case end
        /// `~?`: show the user which sequences there are.
        case list
    }

    /// The list that `~?` shows, in lines for a terminal that is raw.
    public static let list =
        "\r\nEscape sequences of mazelclaw-run, after the start of a line:\r\n"
        + " ~.  end the payload (SIGKILL, exit status 137)\r\n"
        + " ~~  type one tilde\r\n"
        + " ~?  show this list\r\n"

    private static let tilde = UInt8(ascii: "~")

    private var isAtLineStart = true
    private var isHolding = false

    /// Nothing was typed yet.
    public init() {}

    /// Takes what was typed next. `passed` is the payload's share of it; after `~.` there is no more of it.
    public mutating func take(_ typed: some Sequence<UInt8>) -> (passed: [UInt8], commands: [Command]) {
        var passed: [UInt8] = []
        var commands: [Command] = []
        for byte in typed {
            if isHolding {
                isHolding = false
                switch byte {
                case UInt8(ascii: "."): return (passed, commands + [.end])
                case UInt8(ascii: "?"):
                    commands.append(.list)
                    continue
                case Self.tilde: break
                default: passed.append(Self.tilde)
                }
            } else if isAtLineStart, byte == Self.tilde {
                isHolding = true
                continue
            }
            passed.append(byte)
            isAtLineStart = byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
        }
        return (passed, commands)
    }
}
