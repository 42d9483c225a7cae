public import Configuration
import Files
public import JSON
public import Policy
import Storage
import Text

/// Makes an instance that can start: directories, a valid configuration, a workspace. Run again, it adds
/// what is missing and takes nothing away.
public struct InstanceSetup: Sendable {
    /// What became of a file or directory.
    public enum Outcome: Sendable {
        case created, completed, unchanged
        /// It is where only the payload says that it is, and nothing was made there.
        case leftAlone
    }

    /// A value that is to stand at a place of the configuration, whatever stands there.
    public struct Setting: Equatable, Sendable {
        /// The place: the names of the members on the way to it.
        public let path: [String]
        /// What is to stand at that place.
        public let value: JSON

        /// `value` at `path`.
        public init(_ path: [String], _ value: JSON) {
            self.path = path
            self.value = value
        }
    }

    /// What became of the configuration file.
    public let configurationFile: Outcome
    /// What became of the workspace.
    public let workspace: Outcome
    /// The configuration as it is now.
    public let configuration: GatewayConfiguration

    /// Sets `instance` up; `workspace` is used when the configuration names none yet, and `port` is written into it, for an
    /// instance that has no profile file to say it. `settings` replace what it says, in the same write. Throws
    /// `ConfigurationError`, before anything is written when the configuration is invalid, or would be with them.
    public init(
        _ instance: Instance, workspace: AbsolutePath? = nil, port: UInt16? = nil, settings: [Setting] = []
    ) throws(ConfigurationError) {
        let path = instance.configurationFile.value
        let existing = try ConfigurationFile.load(for: instance)
        let resolved = try GatewayConfiguration(instance: instance, file: existing)
        let chosen =
            existing?.agents.defaults.workspace == nil
            ? workspace ?? resolved.workspace.value : resolved.workspace.value
        do {
            let state = instance.state
            try state.makeDirectory(state.path)
            try state.makePrivate(state.path)
            try state.makeDirectory(path.parent)
            let after = try ConfigurationStore(instance).change { written in
                Self.completed(written, existing?.content, settings, workspace: chosen, port: port)
            }
            try state.makePrivate(after.path)
            configurationFile =
                existing == nil ? .created : after.text == existing?.snapshot.text ? .unchanged : .completed
            _ = try InstanceIdentity.loadOrCreate(in: instance.stateDirectory.value)
            configuration = try GatewayConfiguration(instance: instance, file: try ConfigurationFile(after))
            let workspace = configuration.workspace.value
            let isPayloads = instance.isToldByPayload && existing?.agents.defaults.workspace != nil
            if isPayloads, case .file = configuration.workspace.source, !state.holds(workspace) {
                self.workspace = .leftAlone
            } else {
                self.workspace = try Self.prepare(workspace, state)
            }
        } catch let error as StorageError {
            throw .storage(error)
        } catch let error as ConfigurationError {
            throw error
        } catch let error as ConfigurationChangeError {
            throw ConfigurationError(error)
        } catch {
            throw .blocked("\(error)")
        }
    }

    /// What the file says, with `settings`, and with what a start needs where `content`, which all files say together, has
    /// nothing: a mode, a secret, a workspace.
    static func completed(
        _ written: JSON, _ content: RootSection?, _ settings: [Setting], workspace: AbsolutePath, port: UInt16?
    ) -> JSON {
        var root = written
        for setting in settings { put(setting.value, at: setting.path[...], in: &root, replacing: true) }
        if let port { put(.integer(Int64(port)), at: ["gateway", "port"], in: &root, replacing: true) }
        let gateway = content?.gateway
        if gateway?.mode == nil { put("local", at: ["gateway", "mode"], in: &root) }
        let auth = gateway?.auth
        if auth?.mode != .password, auth?.token == nil, auth?.password == nil {
            if auth?.mode == nil { put("token", at: ["gateway", "auth", "mode"], in: &root) }
            put(.string(Secret.random(byteCount: 24).revealed()), at: ["gateway", "auth", "token"], in: &root)
        }
        if content?.agents.defaults.workspace == nil {
            put(.string(workspace.text), at: ["agents", "defaults", "workspace"], in: &root)
        }
        return root
    }

    /// Puts `value` at `path`, unless somebody else has put something there meanwhile that is not to be replaced.
    private static func put(_ value: JSON, at path: ArraySlice<String>, in json: inout JSON, replacing: Bool = false) {
        guard let name = path.first else { return }
        var object = json.object ?? JSONObject()
        if path.count > 1 {
            var child = object[name] ?? [:]
            put(value, at: path.dropFirst(), in: &child, replacing: replacing)
            object[name] = child
        } else if replacing || object[name] == nil || object[name]?.string.map({ Secret($0) == nil }) == true {
            object[name] = value
        }
        json = .object(object)
    }

    /// Makes the workspace and its canvas. What stands there is left alone.
    private static func prepare(
        _ workspace: AbsolutePath, _ state: HostileDirectory
    ) throws(StorageError) -> Outcome {
        let isNew = try state.makeDirectory(workspace)
        // What is in the workspace agents have written, wherever it stands.
        let agents = state.holds(workspace) ? state : HostileDirectory(workspace)
        let canvas = workspace / "canvas"
        if try agents.makeDirectory(canvas) {
            try agents.write(Array(Self.canvasPage.utf8), to: canvas / "index.html")
        }
        return isNew ? .created : .unchanged
    }

    private static let canvasPage = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Canvas</title>
        <p>This is the canvas of the workspace. Whatever is put beside this page is served here.</p>
        </html>

        """
}
