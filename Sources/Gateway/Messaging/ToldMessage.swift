import Channels
import Text
import Time

/// How a message from a messaging service is told to an agent.
///
/// It begins with where it is from and when it came, in brackets. The original's page leaves that out, which knows it by its
/// time.
struct ToldMessage: Sendable {
    let text: String

    /// `message` as it came through the service called `label`, after what was said in its group before.
    init(_ message: InboundMessage, label: String, history: [String]) {
        // A command is one only at the beginning.
        guard !message.text.hasPrefix("/") else {
            text = message.text
            return
        }
        var words = [label]
        if case .group(let group) = message.place { words.append(group) }
        words.append(message.sender.name)
        words.append(Self.stamp(message.time))
        let head = Self.withoutBrackets(words.joined(separator: " "))
        let told = "[\(head)] \(message.text)"
        guard !history.isEmpty else {
            text = told
            return
        }
        text = "What others said here meanwhile, to each other:\n\(history.joined(separator: "\n"))\n\n\(told)"
    }

    private static func stamp(_ time: Timestamp) -> String {
        let text = RFC3339.text(time)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    /// Nobody ends the head by what they are called.
    private static func withoutBrackets(_ text: String) -> String {
        text.replacing("[", with: "(").replacing("]", with: ")")
    }
}
