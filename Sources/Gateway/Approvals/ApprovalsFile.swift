import Crypto
import Files
import GatewayProtocol
import JSON
import Policy
import Synchronization
import Text

/// What agents may run without asking: `exec-approvals.json` in the state directory.
final class ApprovalsFile: Sendable {
    /// The file as it stands on disk at one moment.
    struct Snapshot: Sendable {
        var exists: Bool
        /// SHA-256 of the text, in hexadecimal digits; of nothing when there is no file.
        var hash: String
        var file: JSON
    }

    let path: AbsolutePath
    private let state: HostileDirectory
    /// Taken while the file is compared and replaced.
    private let writing = Mutex(())

    init(stateDirectory: AbsolutePath) {
        state = HostileDirectory(stateDirectory)
        path = stateDirectory / "exec-approvals.json"
    }

    /// Reads the file. Throws `StorageError`, also when it is not what it must be.
    func snapshot() throws(StorageError) -> Snapshot {
        let text = try state.read(path)
        let hash = Hex.text(SHA256.hash(data: text ?? []))
        guard let text else { return Snapshot(exists: false, hash: hash, file: Self.empty) }
        let file: JSON
        do {
            file = try JSON(parsing: text)
        } catch {
            let position = JSONPosition(offset: error.offset, in: text)
            throw StorageError("read", path, errno: 0, fault: "\(error) at \(position); mend it, or remove it")
        }
        let faults = Self.shape.faults(in: file)
        guard faults.isEmpty else {
            throw StorageError("read", path, errno: 0, fault: "\(faults.text); mend it, or remove it")
        }
        return Snapshot(exists: true, hash: hash, file: file)
    }

    /// Replaces the file by `file`, which must have been made from the text with `baseHash`. Throws
    /// `ProtocolError` when it was not, or `StorageError`.
    func replace(by file: JSON, baseHash: String?) throws -> Snapshot {
        try writing.withLock { _ in
            let current = try snapshot()
            if current.exists {
                guard let baseHash, !baseHash.isEmpty else {
                    throw ProtocolError(
                        .invalidRequest,
                        "exec approvals base hash required; re-run exec.approvals.get and retry")
                }
                guard baseHash == current.hash else {
                    throw ProtocolError(
                        .invalidRequest,
                        "exec approvals changed since last load; re-run exec.approvals.get and retry")
                }
            }
            // Clients are not shown the socket's token, and so cannot send it back.
            let merged = Self.withToken(of: current.file, file)
            try state.write(merged.serialized(pretty: true) + [UInt8(ascii: "\n")], to: path)
            return try snapshot()
        }
    }

    private static let empty: JSON = ["version": 1]

    private static func withToken(of old: JSON, _ new: JSON) -> JSON {
        guard let token = old["socket"]?["token"], case .object(var file) = new else { return new }
        var socket = file["socket"]?.object ?? JSONObject()
        if socket["path"] == nil { socket["path"] = old["socket"]?["path"] }
        if socket["token"] == nil { socket["token"] = token }
        file["socket"] = .object(socket)
        return .object(file)
    }
}

extension ApprovalsFile.Snapshot {
    /// The file as clients are shown it: without the socket's token.
    var shown: JSON {
        guard case .object(var object) = file, var socket = object["socket"]?.object else { return file }
        socket["token"] = nil
        object["socket"] = .object(socket)
        return .object(object)
    }
}

// MARK: The file's form

extension ApprovalsFile {
    /// What the file must be.
    static let shape: Shape<JSON> = .strict(
        Field(required: "version", .constant(1, true), "The form of the file."),
        Field(
            "socket",
            .strict(
                Field("path", .string, "Where whoever approves is asked."),
                Field("token", .string, "The secret for that. Never shown.")), "How to ask."),
        Field("defaults", .strict(security, ask, askFallback, autoAllowSkills), "For every agent."),
        Field(
            "agents",
            .record(
                of: .strict(
                    security, ask, askFallback, autoAllowSkills,
                    Field("allowlist", .list(of: entry), "What may be run without asking."))),
            "For one agent, by its id."))

    private static let security = Field("security", .string, "`deny`, `allowlist` or `full`.")
    private static let ask = Field("ask", .string, "`off`, `on-miss` or `always`.")
    private static let askFallback = Field("askFallback", .string, "What counts when nobody can be asked.")
    private static let autoAllowSkills = Field("autoAllowSkills", .boolean, "Whether skills may run what they name.")
    private static let entry: Shape<JSON> = .strict(
        Field("id", .string, "Its id."),
        Field(required: "pattern", .string, "The programs, as a path that may hold `*`."),
        Field("lastUsedAt", .number, "When it last counted, in milliseconds since 1970."),
        Field("lastUsedCommand", .string, "What was run then."),
        Field("lastResolvedPath", .string, "Which program that was."))
}
