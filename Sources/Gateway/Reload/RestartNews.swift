import Configuration
import Files
import JSON
import Logging

/// Has sessions told that a change of the configuration counts.
struct RestartNews: Sendable {
    let notes: SessionNotes
    let configuration: Current<GatewayConfiguration>
    let logger: Logger

    /// Tells the session that waits for it what came of the restart it asked for.
    func tellOfRestart() {
        do throws(StorageError) {
            let sentinel = RestartSentinel(stateDirectory: configuration.value.instance.stateDirectory.value)
            guard let payload = try sentinel.take() else { return }
            tell(payload, hasRestarted: true)
        } catch {
            logger.warning("cannot tell of the restart", metadata: ["error": "\(error)"])
        }
    }

    /// Has the session that `payload` names, or the main one, told that its change of the configuration counts.
    func tell(_ payload: JSON, hasRestarted: Bool) {
        let mode = payload["stats"]?["mode"]?.string ?? "config.apply"
        let note = payload["message"]?.string.map { ": \($0)" } ?? ""
        notes.note(
            "\(mode): the new configuration counts\(hasRestarted ? ", and the gateway has restarted" : "")\(note)",
            for: payload["sessionKey"]?.string ?? configuration.value.mainSessionKey)
    }
}
