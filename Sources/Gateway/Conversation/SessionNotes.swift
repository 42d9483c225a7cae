import GatewayProtocol
import Logging
import Text

/// Has sessions told, at their next turn, what nobody wrote: that a job was done, that a node did something.
struct SessionNotes: Sendable {
    let events: SystemEvents
    let sessions: SessionResolver
    /// Counts what there was no room for.
    let limits: Tally
    let logger: Logger

    /// Has the session `key` told `text` for a client. Throws `ProtocolError` when it cannot be kept until then.
    func tell(_ text: String, to key: String) throws(ProtocolError) {
        guard key.unicodeScalars.count <= ProtocolLimits.sessionKeyCharacters else { throw .sessionKeyTooLong }
        do throws(SystemEvents.Refusal) {
            try events.add(text, for: key) { sessions.isMain(key) }
        } catch {
            limits.add("system events", "refused")
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
}
