public import Files
import JSON
public import Policy
import Text

/// Which instance answers: an id made once for a state directory, so that nobody takes a stranger on the
/// same port for it.
public struct InstanceIdentity: Equatable, Sendable {
    /// A UUID (RFC 9562), as text.
    public let id: String

    /// The identity kept in `stateDirectory`, or nil when there is none yet. Throws `StorageError`.
    public static func load(in stateDirectory: AbsolutePath) throws(StorageError) -> InstanceIdentity? {
        let path = path(in: stateDirectory)
        guard let text = try HostileDirectory(stateDirectory).read(path) else { return nil }
        guard let id = (try? JSON(parsing: text))?["instanceId"]?.string, !id.isEmpty else {
            throw StorageError(
                "read", path, errno: 0, fault: "it holds no instanceId; remove it to have a new one made")
        }
        return InstanceIdentity(id: id)
    }

    /// The identity kept in `stateDirectory`, made now if there is none. Throws `StorageError`.
    public static func loadOrCreate(in stateDirectory: AbsolutePath) throws(StorageError) -> InstanceIdentity {
        if let identity = try load(in: stateDirectory) { return identity }
        let identity = InstanceIdentity(id: UUIDText.random())
        let path = path(in: stateDirectory)
        let state = HostileDirectory(stateDirectory)
        try state.makeDirectory(path.parent)
        let json: JSON = ["instanceId": .string(identity.id)]
        try state.write(json.serialized(pretty: true) + [UInt8(ascii: "\n")], to: path)
        return identity
    }

    private static func path(in stateDirectory: AbsolutePath) -> AbsolutePath {
        stateDirectory / "identity/instance.json"
    }
}
