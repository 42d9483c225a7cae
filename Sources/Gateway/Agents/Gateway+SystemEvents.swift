import GatewayProtocol
import Logging
import Text

extension Gateway {
    /// Has the session `key` told `text` for a client. Throws `ProtocolError` when it cannot be kept until then.
    func tell(_ text: String, to key: String) throws(ProtocolError) {
        guard key.unicodeScalars.count <= ProtocolLimits.sessionKeyCharacters else { throw .sessionKeyTooLong }
        do throws(SystemEvents.Refusal) {
            try systemEvents.add(text, for: key) { isMain(key) }
        } catch {
            limitTally.add("system events", "refused")
            switch error {
            case .tooLong:
                throw ProtocolError(
                    .invalidRequest,
                    "what a session is to be told is longer than \(SystemEvents.lineLimit) bytes; tell it in short")
            case .tooManySessions:
                throw ProtocolError(
                    .unavailable, "too many sessions wait to be told something; try again when some had their turn",
                    isRetryable: true)
            }
        }
    }

    /// Has the session `key` told `text`, of which the beginning is told when it is long. Nobody is there to hear that
    /// there is no room; the log says so.
    func note(_ text: String, for key: String) {
        do throws(ProtocolError) {
            try tell(text.prefix(bytes: SystemEvents.lineLimit), to: key)
        } catch {
            logger.warning("a session is not told of something", metadata: ["reason": "\(error.message)"])
        }
    }

    private func isMain(_ key: String) -> Bool {
        agents.all.contains { session("main", agent: $0.id).key.text == key }
    }
}
