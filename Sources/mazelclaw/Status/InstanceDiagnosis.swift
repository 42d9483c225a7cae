import Configuration
import Files
import Gateway
import Glibc
import JSON
import Policy
import Storage
import Time

/// What `doctor` finds out about one instance.
struct InstanceDiagnosis {
    private let path: AbsolutePath
    private let exists: Bool
    private let faults: [String]
    private let remedy: String?
    /// Why a gateway would not start although the configuration is valid.
    private let obstacle: String?
    /// What holds, and is worth knowing.
    private let notes: [String]
    /// What is set, and not acted on.
    private let inactive: [String]
    /// The settings, jobs and sessions that cannot be used, and keep no gateway from starting.
    private let setAside: [String]
    /// What is wrong with the files of the state directory, and `--fix` puts right.
    private let files: [FileFinding]

    /// Looks at the instance of `context`.
    init(_ context: Context) throws {
        let instance = context.instance
        let snapshot = try ConfigurationStore(instance).snapshot()
        path = snapshot.path
        exists = snapshot.text != nil
        faults = snapshot.faults.filter { $0.kind != .excess }.map(\.description)
        var notes: [String] = []
        var unusable: [SetAside] = []
        do throws(StorageError) {
            ReadGuard.begin()
            // It changes nothing. Inside the sandbox, or without the registry, nobody can tell whether the gateway runs.
            let isStopped = if case .success(nil) = context.holder { !instance.isSandboxed } else { false }
            unusable = try ConversationReader(
                stateDirectory: instance.stateDirectory.value, isAtRest: isStopped, protects: false
            ).setAside()
        } catch {
            // Before the first start there is none.
            if error.errno != ENOENT { notes.append("\(error)") }
        }
        files = try FileFinding.all(of: instance)
        setAside = snapshot.setAside.map(\.description) + unusable.map(\.description)
        inactive = snapshot.resolved.map(ConfigurationSchema.root.unservedPaths) ?? []
        guard snapshot.isRunnable else {
            remedy = LastGoodConfiguration(of: path).remedy(reader: ConfigurationReader(instance))
            obstacle = nil
            self.notes = notes
            return
        }
        remedy = nil
        let file = exists ? try ConfigurationFile(snapshot) : nil
        var obstacle: String?
        do throws(ConfigurationError) {
            let configuration = try GatewayConfiguration(instance: instance, file: file)
            if let disagreement = configuration.portDisagreement { notes.append(disagreement) }
            _ = try configuration.tlsFilesOfPayload()
            if exists { try configuration.requireStartable(allowsUnconfigured: false) }
            if let note = try Self.encryption(configuration) { notes.append(note) }
            notes += configuration.accessNotes
            notes += SharedBrowsers(context).sentences
        } catch {
            obstacle = "\(error)"
        }
        self.obstacle = obstacle
        self.notes = notes
    }

    /// What there is to know of TLS on the port; nil when it speaks none.
    private static func encryption(_ configuration: GatewayConfiguration) throws(ConfigurationError) -> String? {
        guard let files = try configuration.tlsFiles() else { return nil }
        let time = WallClock.system.now
        guard let identity = try configuration.tlsIdentity(at: time) else {
            return "the port speaks TLS; the next start makes the certificate, \(files.certificate)"
        }
        let end = RFC3339.text(identity.expiry)
        return "the port speaks TLS with the certificate \(files.certificate), SHA-256 \(identity.fingerprint), valid "
            + "until \(end)"
            + (identity.expiry.since(time) < TLSIdentity.notice ? ": that is soon, see to another before" : "")
    }

    /// Whether a gateway could start with this.
    var isHealthy: Bool { faults.isEmpty && obstacle == nil }

    /// Whether there is nothing to be found.
    var isClean: Bool { isHealthy && setAside.isEmpty && inactive.isEmpty && files.isEmpty }

    /// Lines for a person.
    var text: String {
        var lines = [
            exists
                ? "Config: \(path): \(faults.isEmpty ? "valid" : "invalid")"
                : "Config: \(path): none; the defaults count"
        ]
        lines += faults.map { "  \($0)" }
        if let remedy { lines.append("  \(remedy)") }
        if let obstacle { lines.append("Start: \(obstacle)") }
        if !setAside.isEmpty { lines.append("Set aside: cannot be used, and keeps no gateway from starting:") }
        lines += setAside.map { "  \($0)" }
        if !files.isEmpty { lines.append("Files: `doctor --fix` puts them right:") }
        lines += files.map { "  \($0.description)" }
        lines += notes.map { "Note: \($0)" }
        if !inactive.isEmpty { lines.append("Inactive: set, valid, and not acted on by this version:") }
        lines += inactive.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }

    /// The same for a program.
    var json: JSON {
        var object: JSONObject = [
            "config": .string(path.text), "exists": .bool(exists), "valid": .bool(faults.isEmpty),
            "healthy": .bool(isHealthy), "faults": .array(faults.map(JSON.string)),
            "notes": .array(notes.map(JSON.string)), "inactive": .array(inactive.map(JSON.string)),
            "setAside": .array(setAside.map(JSON.string)), "files": .array(files.map(\.json)),
            "clean": .bool(isClean),
        ]
        object["remedy"] = remedy.map(JSON.string)
        object["obstacle"] = obstacle.map(JSON.string)
        return .object(object)
    }
}
