import Configuration
import Files
import Glibc
import JSON
import Logging
import Policy

/// What a session is to be told once the gateway has started anew: `restart-sentinel.json` in the state directory.
struct RestartSentinel {
    /// Where it waits.
    let path: AbsolutePath
    private let state: HostileDirectory

    /// That of the gateway with `stateDirectory`.
    init(stateDirectory: AbsolutePath) {
        state = HostileDirectory(stateDirectory)
        path = stateDirectory / "restart-sentinel.json"
    }

    /// Leaves `payload` for the next start. Throws `StorageError`.
    func leave(_ payload: JSON) throws(StorageError) {
        let json: JSON = ["version": 1, "payload": payload]
        try state.write(json.serialized(pretty: true) + [UInt8(ascii: "\n")], to: path)
    }

    /// The payload that was left, which is then gone; nil when there is none. Throws `StorageError`.
    func take() throws(StorageError) -> JSON? {
        guard let text = try state.read(path) else { return nil }
        let reason = try state.place(of: path, "remove").remove()
        guard reason == 0 || reason == ENOENT else { throw StorageError("remove", path, errno: reason) }
        return (try? JSON(parsing: text))?["payload"]
    }
}

extension Gateway {
    /// Tells the session that waits for it what came of the restart it asked for.
    func tellOfRestart() {
        do throws(StorageError) {
            let sentinel = RestartSentinel(stateDirectory: configuration.instance.stateDirectory.value)
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
        self.note(
            "\(mode): the new configuration counts\(hasRestarted ? ", and the gateway has restarted" : "")\(note)",
            for: payload["sessionKey"]?.string ?? configuration.mainSessionKey)
    }
}
