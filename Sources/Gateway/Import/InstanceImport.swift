public import Configuration
import Files
import GatewayProtocol
import JSON
public import Policy
import Storage
import Text
public import Time

/// What an original gateway kept, brought into a copy of an instance's state directory.
///
/// Nothing of the instance is changed, and nothing of the original: the copy is to take the place of the state directory once
/// it is whole, at one moment.
public struct InstanceImport: Sendable {
    /// What comes over: a line each, for people.
    public private(set) var taken: [String] = []
    /// What does not, and why: a line each. Values of the configuration are in none of them.
    public private(set) var left: [String] = []
    /// How many bytes of workspaces are to be copied.
    public var workspaceBytes: Int { workspaces.reduce(0) { $0 + $1.bytes } }

    private let original: OriginalDirectory
    private let instance: Instance
    private let copy: HostileDirectory
    private var workspaces: [(source: AbsolutePath, place: AbsolutePath, bytes: Int)] = []

    /// Makes the copy of the state directory of `instance` in `directory`, which is there and in which nobody else writes, and
    /// brings into it what `original` has. `workspace` is used in place of the one its configuration names.
    ///
    /// The workspaces are only looked at; `copyWorkspaces` brings them. Throws `StorageError` and `ConfigurationError`.
    public init(
        _ original: OriginalDirectory, for instance: Instance, in directory: AbsolutePath, workspace: AbsolutePath?,
        at time: WallClock = .system, progress: (String) -> Void = { _ in }
    ) async throws {
        self.original = original
        self.instance = instance
        copy = HostileDirectory(directory)
        try Self.requireApart(original, instance)
        progress("copying what the profile has")
        let database = try await copyState()
        progress("reading the configuration")
        let (configuration, workspaces) = try takeConfiguration(database.path.parent)
        progress("reading the sessions")
        try await takeSessions(into: database, configuration)
        try takeJobs(into: database, configuration, time)
        try takeDevices(into: database)
        try database.close()
        _ = try InstanceIdentity.loadOrCreate(in: directory)
        try findWorkspaces(workspaces, configuration, chosen: workspace)
        try listOthers()
    }

    /// Throws `ConfigurationError.blocked` when the one is in the other, or the instance keeps its configuration elsewhere.
    private static func requireApart(_ original: OriginalDirectory, _ instance: Instance) throws(ConfigurationError) {
        let state = instance.stateDirectory.value
        guard !HostileDirectory(original.path).holds(state), !HostileDirectory(state).holds(original.path) else {
            throw .blocked(
                "\(original.path) and the profile's state directory \(state) are in each other; name another")
        }
        guard instance.configurationFile.value == state / "mazelclaw.json" else {
            throw .blocked(
                "this profile's configuration is \(instance.configurationFile.value), outside of its state directory "
                    + "\(state), and is not changed together with it; unset MAZELCLAW_CONFIG_PATH for this")
        }
    }

    // MARK: What the profile has

    private mutating func copyState() async throws -> InstanceDatabase {
        let state = instance.state
        let name = DatabaseFile(stateDirectory: state.path).path.lastComponent
        if try state.names(in: state.path) != nil {
            let tree = try TreeCopy(state.path, in: state, to: copy.path, in: copy, leavingOut: { $0.hasPrefix(name) })
            left += tree.left.map { "\(state.path)/\($0); it stays in the backup alone" }
            if try state.place(of: state.path / name, "read").attributes("read") != nil {
                _ = try await DatabaseView(stateDirectory: state.path).backUp(to: copy.path / name)
            }
        }
        return try InstanceDatabase(stateDirectory: copy.path)
    }

    // MARK: Configuration

    private mutating func takeConfiguration(
        _ directory: AbsolutePath
    ) throws -> (GatewayConfiguration, [(agent: String?, text: String)]) {
        let existing = try ConfigurationFile.load(for: instance)
        let before = try GatewayConfiguration(instance: instance, file: existing)
        var imported: ConfigurationImport?
        if let path = original.configuration {
            guard let text = try original.files.read(path) else { throw StorageError.missing("read", path) }
            imported = try ConfigurationImport(text, at: path, in: original)
        }
        let staged = instance.moved(to: directory)
        let patch = imported?.json ?? [:]
        let content = RootSection.reading((existing?.root ?? [:]).mergePatched(by: patch))
        let after = try ConfigurationStore(staged).change { written in
            InstanceSetup.completed(
                written.mergePatched(by: patch), content, [], workspace: before.workspace.value, port: nil)
        }
        try copy.makePrivate(after.path)
        let configuration = try GatewayConfiguration(instance: staged, file: ConfigurationFile(after))
        try configuration.requireStartable(allowsUnconfigured: false)
        guard let imported, let file = original.configuration else { return (configuration, []) }
        let names = (imported.json.object?.members ?? []).map(\.name)
        taken.append(
            "configuration: \(file.lastComponent)"
                + (names.isEmpty ? ", of which nothing is acted on here" : ": \(names.joined(separator: ", "))"))
        taken += imported.renamed.map { "  \($0.old), as \($0.new)" }
        left += imported.left.map { "\(file.lastComponent): \($0.key): \($0.reason)" }
        return (configuration, imported.workspaces)
    }

    // MARK: Sessions, schedules and devices

    private mutating func takeSessions(
        into database: InstanceDatabase, _ configuration: GatewayConfiguration
    ) async throws {
        let standard = IdentifierText.agent(configuration.agents.defaultID)
        guard try !SessionFiles(root: original.path).agents(standard: standard).isEmpty else { return }
        let read = try await SessionImport(original.path, into: database, standard: standard)
        taken.append("sessions: \(read.sessions), with \(read.transcripts) transcripts and \(read.messages) messages")
        left += read.leftOut
    }

    private mutating func takeJobs(
        into database: InstanceDatabase, _ configuration: GatewayConfiguration, _ clock: WallClock
    ) throws {
        let path = original.path / "cron/jobs.json"
        let file: CronFile
        do throws(StorageError) {
            file = try CronFile(path)
        } catch {
            if !error.isMissing { left.append("\(error)") }
            return
        }
        let agents = AgentDirectory(configuration, environment: [:])
        let read = CronImport(file.jobs, at: clock.now) { (id) throws(ProtocolError) in
            guard agents.named(id) == nil else { return }
            throw ProtocolError(.invalidRequest, "there is no agent \"\(id)\"")
        }
        do {
            let service = try CronService(database: database, section: configuration.content.cron, clock: clock)
            let (added, _, issues) = try service.take(read, leavesOut: true)
            taken.append("schedules: \(added.count)")
            left += issues.map { "\(file.place(of: $0.index)): \($0.message)" }
        } catch let error as ProtocolError {
            left.append("\(path): \(error.message)")
        }
    }

    private mutating func takeDevices(into database: InstanceDatabase) throws {
        let path = original.path / "devices/paired.json"
        do throws(StorageError) {
            let (added, unreadable) = try DeviceFiles(stateDirectory: original.path).addPaired(to: database)
            if added > 0 { taken.append("devices: \(added)") }
            if unreadable > 0 { left.append("\(path): \(unreadable) entries are no devices") }
        } catch {
            guard error.path == path else { throw error }
            if !error.isMissing { left.append("\(error)") }
        }
    }

    // MARK: Workspaces

    /// Finds the workspaces that `named` tells of, and where they are to be in the copy.
    private mutating func findWorkspaces(
        _ named: [(agent: String?, text: String)], _ configuration: GatewayConfiguration, chosen: AbsolutePath?
    ) throws {
        let standard = configuration.agents.defaultID
        let root = configuration.workspace.value
        let state = instance.stateDirectory.value
        for agent in configuration.agents.all {
            let isDefault = agent.id == standard
            let text =
                named.first { $0.agent == agent.id }?.text ?? (isDefault ? named.first { $0.agent == nil }?.text : nil)
            var sources = isDefault || text != nil ? original.workspaces(named: text, home: instance.home) : []
            if sources.isEmpty { sources = [original.path.parent / "clawd-\(IdentifierText.agent(agent.id))"] }
            if isDefault, let chosen { sources = [chosen] }
            guard let (source, tree) = try lookThrough(sources) else {
                if isDefault, chosen != nil || text != nil {
                    left.append("the workspace \(chosen?.text ?? text ?? ""): there is no such directory")
                } else if text != nil {
                    left.append("the workspace of \(agent.id): there is no such directory")
                }
                continue
            }
            guard !source.contains(instance.home), !source.contains(original.path), !source.contains(state) else {
                left.append("the workspace \(source): it holds more than a workspace does; name one with --workspace")
                continue
            }
            let place = isDefault ? root : root / "agents/\(IdentifierText.agent(agent.id))"
            guard state.contains(place), place != state else {
                left.append(
                    "the workspace \(source): the profile's is \(place), outside of its state directory; copy it there")
                continue
            }
            let components = place.components.dropFirst(state.components.count)
            workspaces.append((source, components.reduce(copy.path) { $0 / String($1) }, tree.bytes))
            taken.append(
                "workspace\(isDefault ? "" : " of \(agent.id)"): \(source) (\(tree.files) files, \(tree.bytes) bytes)")
            left += tree.left.map { "\(source)/\($0)" }
        }
    }

    private func lookThrough(_ sources: [AbsolutePath]) throws -> (AbsolutePath, TreeCopy)? {
        for source in sources {
            do throws(StorageError) {
                return (source, try TreeCopy(looking: source, in: original.files))
            } catch {
                guard error.isMissing else { throw error }
            }
        }
        return nil
    }

    /// Copies the workspaces. `progress` is told how many of their bytes are there. Returns how many files took the place of
    /// others of the profile's that were not the same. Throws `StorageError`.
    public func copyWorkspaces(progress: @escaping (Int) -> Void = { _ in }) throws -> Int {
        try DatabaseBackup.requireRoom(of: workspaceBytes, for: copy.path / "workspace")
        var (before, replaced) = (0, 0)
        for workspace in workspaces {
            let tree = try TreeCopy(
                workspace.source, in: original.files, to: workspace.place, in: copy,
                progress: { [before] in progress(before + $0) })
            before += workspace.bytes
            replaced += tree.replaced
        }
        return replaced
    }

    // MARK: What stays

    /// Names what else there is.
    private mutating func listOthers() throws {
        let known = ["agents", "cron", "devices", "workspace"]
        for name in try original.files.names(in: original.path) ?? [] where !known.contains(name) {
            let path = original.path / name
            guard path != original.configuration, !workspaces.contains(where: { $0.source == path }) else { continue }
            left.append("\(path): \(Self.reasons[name] ?? "it is nothing this version uses")")
        }
        left.append(contentsOf: try agentsOwn())
    }

    /// What agents have beside their sessions.
    private func agentsOwn() throws -> [String] {
        let agents = original.path / "agents"
        return try (original.files.names(in: agents) ?? []).flatMap { agent in
            try (original.files.names(in: agents / agent) ?? []).filter { $0 != "sessions" }.map {
                "\(agents / agent / $0): it is for the original's model services"
            }
        }
    }

    private static let reasons = [
        "credentials": "it is for messaging services that this version does not connect to",
        "identity": "it is the original's own identity as a client",
        "browser": "the profile's browser has user data of its own", "logs": "the profile has a log of its own",
        ".env": "variables go into env.vars of the configuration, or \"environment\" of the profile file",
        "exec-approvals.json": "what may be executed is approved anew",
        "nodes": "nodes are paired anew",
    ]
}
