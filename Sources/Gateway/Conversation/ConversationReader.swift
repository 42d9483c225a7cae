public import Files
public import Policy
public import Storage

/// The conversations and jobs of an instance, as they are on disk, whether its gateway runs or not. Changes nothing.
public struct ConversationReader: Sendable {
    private let database: DatabaseView
    /// The database they are read from.
    public var path: AbsolutePath { database.path }

    /// Opens the database of the instance at `stateDirectory`, as `DatabaseView` does. Throws `StorageError`.
    public init(
        stateDirectory: AbsolutePath, isAtRest: Bool = false, protects: Bool = true
    ) throws(StorageError) {
        database = try DatabaseView(stateDirectory: stateDirectory, isAtRest: isAtRest, protects: protects)
    }

    /// The sessions `filter` asks for, those used last first. Throws `StorageError`.
    public func sessions(_ filter: SessionFilter) throws(StorageError) -> [SessionEntry] {
        try database.read { try $0.sessions.list(filter) }
    }

    /// The jobs and sessions that cannot be used. Throws `StorageError`.
    public func setAside() throws(StorageError) -> [SetAside] {
        try database.read { try $0.cron.jobs().setAside + $0.sessions.setAside() }
    }

    /// The messages `query` finds, the best first. Throws `StorageError`.
    public func search(_ query: TranscriptQuery) throws(StorageError) -> [TranscriptHit] {
        try database.read { try $0.transcripts.search(query) }
    }

    /// Writes the sessions, or only those of `agent`, below `directory` as the original gateway keeps them, as they are
    /// at one moment.
    ///
    /// Sessions of nobody in particular (`global`) are written with those of the agent `standard`. Where an agent's
    /// transcripts do not say where it worked, as those of this gateway, its directory of `workspaces` is said. Nothing that
    /// is there is replaced. Throws `StorageError`.
    public func export(
        to directory: AbsolutePath, agent: String? = nil, standard: String = "main",
        workspaces: [String: AbsolutePath] = [:]
    ) throws(StorageError) -> SessionExport {
        try database.read {
            try SessionExport(
                $0, to: SessionFiles(root: directory), agent: agent, standard: standard, workspaces: workspaces)
        }
    }
}
