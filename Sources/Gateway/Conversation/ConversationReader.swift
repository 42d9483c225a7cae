import GRDB
public import Policy

/// The conversations and jobs of an instance, as they are on disk, whether its gateway runs or not. Changes nothing.
public struct ConversationReader: Sendable {
    /// The database they are read from.
    public let path: AbsolutePath
    private let queue: DatabaseQueue

    /// Opens the database of the instance at `stateDirectory`. Throws `StorageError` when there is none, or it cannot
    /// be read by this version.
    ///
    /// Where nobody has it open, `isAtRest`, SQLite makes no files beside it either. The mode of the file is corrected unless
    /// `protects` is false.
    public init(
        stateDirectory: AbsolutePath, isAtRest: Bool = false, protects: Bool = true
    ) throws(StorageError) {
        let file = DatabaseFile(stateDirectory: stateDirectory)
        path = file.path
        _ = try file.prepare(creates: false, protects: protects)
        let isAtRest = isAtRest ? try file.hasNoLog() : false
        queue = try storageResult("open", path) { [path] in
            let queue = try file.opening {
                try DatabaseQueue(
                    path: isAtRest ? DatabaseFile.immutable($0) : $0, configuration: DatabaseFile.readingSettings)
            }
            try queue.read { try Migrations.requireKnown($0, at: path) }
            return queue
        }
    }

    /// The sessions `filter` asks for, those used last first. Throws `StorageError`.
    public func sessions(_ filter: SessionFilter) throws(StorageError) -> [SessionEntry] {
        try storageResult("read", path) { [queue] in try queue.read { try Transaction($0).sessions.list(filter) } }
    }

    /// The jobs and sessions that cannot be used. Throws `StorageError`.
    public func setAside() throws(StorageError) -> [SetAside] {
        try storageResult("read", path) { [queue] in
            try queue.read { database in
                try Transaction(database).cron.jobs().setAside + Transaction(database).sessions.setAside()
            }
        }
    }

    /// The messages `query` finds, the best first. Throws `StorageError`.
    public func search(_ query: TranscriptQuery) throws(StorageError) -> [TranscriptHit] {
        try storageResult("read", path) { [queue] in try queue.read { try Transaction($0).transcripts.search(query) } }
    }

    /// Writes the sessions, or only those of `agent`, below `directory` as the original gateway keeps them, as they are
    /// at one moment.
    ///
    /// Sessions of nobody in particular (`global`) are written with those of the agent `standard`. Nothing that is
    /// there is replaced. Throws `StorageError`.
    public func export(
        to directory: AbsolutePath, agent: String? = nil, standard: String = "main"
    ) throws(StorageError) -> SessionExport {
        try storageResult("read", path) { [queue] in
            try queue.read {
                try SessionExport(
                    Transaction($0), to: SessionFiles(root: directory), agent: agent, standard: standard)
            }
        }
    }

    /// Copies the database to `destination`, as it is at one moment, whether it is being used or not. Returns the
    /// copy's size in bytes.
    ///
    /// The copy is one file, readable by its owner only, checked before it takes its name. What stands at
    /// `destination` is not replaced. `progress` is told what part of it is written, from 0 to 1. Throws `StorageError`.
    public func backUp(
        to destination: AbsolutePath, progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> Int {
        try await DatabaseBackup(reader: queue, source: path).write(to: destination, progress: progress)
    }
}
