import GatewayProtocol
import Text

/// How much a model is to think, as it was asked for.
struct ThinkingLevel: Sendable, Equatable {
    /// What is kept of it as the session's `thinkingLevel`; nil means nothing.
    let kept: String?

    /// Reads `text`, given for `thinking`; nil when nothing is given. Throws `ProtocolError` for a word that is none.
    init?(_ text: String?) throws(ProtocolError) {
        guard let text, !text.trimmed.isEmpty else { return nil }
        kept = try SessionSetting.thinking.value(of: .set(text), named: "thinking")
    }
}
