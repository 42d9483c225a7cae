import JSON
import ModelServices

/// About how many tokens something takes, where nobody has counted them: a token is some four bytes of text, and a picture some
/// 1500 tokens.
enum TokenEstimate {
    /// What a picture takes.
    private static let picture: Int64 = 1500
    /// What a message takes beside what it says.
    private static let frame: Int64 = 8

    static func count(_ text: String) -> Int64 { Int64(text.utf8.count / 4) }

    private static func count(_ content: [InputContent]) -> Int64 {
        content.reduce(0) { sum, part in
            switch part {
            case .text(let text): sum + count(text)
            case .image: sum + picture
            }
        }
    }

    static func count(_ message: ModelMessage) -> Int64 {
        let count: Int64 =
            switch message {
            case .user(let content): count(content)
            case .toolResult(let result): count(result.content)
            case .assistant(let answer):
                answer.content.reduce(0) { sum, part in
                    switch part {
                    case .text(let text): sum + Self.count(text.text)
                    case .thinking(let thinking): sum + Self.count(thinking.text) + Self.count(thinking.signature ?? "")
                    case .toolCall(let call): sum + Self.count(JSON.object(call.arguments).text())
                    }
                }
            }
        return count + frame
    }
}
