import JSON
public import Policy

/// Makes an instance that can start: directories, a valid configuration, a workspace. Run again, it adds
/// what is missing and takes nothing away.
public struct InstanceSetup: Sendable {
    /// What became of a file or directory.
    public enum Outcome: Sendable {
        case created, completed, unchanged
    }

    /// The configuration file.
    public let configurationFile: Outcome
    /// The workspace.
    public let workspace: Outcome
    /// The configuration as it is now.
    public let configuration: GatewayConfiguration

    /// Sets `instance` up; `workspace` is used when the configuration names none yet. Throws
    /// `ConfigurationError`, before anything is written when the existing configuration is invalid.
    public init(_ instance: Instance, workspace: AbsolutePath? = nil) throws(ConfigurationError) {
        let path = instance.configurationFile.value
        let existing = try ConfigurationFile.load(path)
        let resolved = try GatewayConfiguration(instance: instance, file: existing)
        let chosen =
            existing?.agents.workspace == nil ? workspace ?? resolved.workspace.value : resolved.workspace.value
        do {
            try DurableFile.makeDirectory(instance.stateDirectory.value)
            try DurableFile.makePrivate(instance.stateDirectory.value)
            try DurableFile.makeDirectory(path.parent)
            let root = Self.completed(existing, workspace: chosen)
            if root == existing?.root {
                try DurableFile.makePrivate(path)
                configurationFile = .unchanged
            } else {
                try DurableFile.write(root.serialized(pretty: true) + [UInt8(ascii: "\n")], to: path)
                configurationFile = existing == nil ? .created : .completed
            }
            _ = try InstanceIdentity.loadOrCreate(in: instance.stateDirectory.value)
            configuration = try GatewayConfiguration(instance: instance, file: try ConfigurationFile.load(path))
            self.workspace = try Self.prepare(configuration.workspace.value)
        } catch let error as StorageError {
            throw .storage(error)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw .blocked("\(error)")
        }
    }

    /// The configuration with what a start needs: a mode, a secret, a workspace.
    private static func completed(_ existing: ConfigurationFile?, workspace: AbsolutePath) -> JSON {
        var root = existing?.root ?? [:]
        fill(&root, ["gateway", "mode"], "local")
        let gateway = existing?.gateway
        if gateway?.authMode != .password, gateway?.token == nil, gateway?.password == nil {
            fill(&root, ["gateway", "auth", "mode"], "token")
            replaceBlank(&root, ["gateway", "auth", "token"], .string(Secret.random(byteCount: 24).revealed()))
        }
        fill(&root, ["agents", "defaults", "workspace"], .string(workspace.text))
        return root
    }

    /// Puts `value` at `path` unless something stands there.
    private static func fill(_ json: inout JSON, _ path: ArraySlice<String>, _ value: JSON) {
        change(&json, path) { $0 ?? value }
    }

    /// Puts `value` at `path` unless a secret stands there.
    private static func replaceBlank(_ json: inout JSON, _ path: ArraySlice<String>, _ value: JSON) {
        change(&json, path) { old in
            if let old, let text = old.string, Secret(text) != nil { old } else { value }
        }
    }

    private static func change(_ json: inout JSON, _ path: ArraySlice<String>, _ replacement: (JSON?) -> JSON) {
        var object = json.object ?? JSONObject()
        guard let name = path.first else { return }
        if path.count == 1 {
            object[name] = replacement(object[name])
        } else {
            var child = object[name] ?? [:]
            change(&child, path.dropFirst(), replacement)
            object[name] = child
        }
        json = .object(object)
    }

    /// Makes the workspace and its canvas. What stands there is left alone.
    private static func prepare(_ workspace: AbsolutePath) throws(StorageError) -> Outcome {
        let isNew = try DurableFile.makeDirectory(workspace)
        let canvas = workspace / "canvas"
        if try DurableFile.makeDirectory(canvas) {
            try DurableFile.write(Array(Self.canvasPage.utf8), to: canvas / "index.html")
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
