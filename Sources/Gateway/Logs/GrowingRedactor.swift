import Configuration
import Synchronization

/// A redactor that learns of secrets while it is used: a new configuration brings some, and those of the one before are
/// still no words for a log.
final class GrowingRedactor: Sendable {
    private struct State {
        var secrets: KnownSecrets
        var redactor: Redactor
    }

    private let state: Mutex<State>

    init(_ secrets: KnownSecrets) {
        state = Mutex(State(secrets: secrets, redactor: Redactor(secrets)))
    }

    /// Leaves `secrets` out of all that is logged from now on.
    func learn(_ secrets: KnownSecrets) {
        state.withLock { state in
            state.secrets = state.secrets.union(secrets)
            state.redactor = Redactor(state.secrets)
        }
    }

    /// `text` without secrets.
    func redacted(_ text: String) -> String {
        state.withLock(\.redactor).redacted(text)
    }
}
