import Configuration
import Files
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
        try state.place(of: path, "remove").remove()
        return (try? JSON(parsing: text))?["payload"]
    }
}
