public import Files
import GRDB
import Glibc
public import Policy
import Synchronization

/// What an instance remembers: one SQLite database under its state directory.
///
/// Sessions, transcripts, runs, devices and their pairing are kept here, configuration and workspace stay files.
/// The journal is a write-ahead log that is flushed at every commit (`synchronous=FULL`): what `write` returned
/// survives the end of the process and of the host.
///
/// All changes go through one writer, in the order they were asked for, and several that wait share a commit.
/// Reads run beside it, each on what was committed when it began. `write` and `read` suspend; nothing of them runs
/// on the caller's thread, so that an event loop is never held up.
///
///     let count = try await database.write { transaction in
///         try transaction.transcripts.append(message, to: session)
///     }
public final class InstanceDatabase: Sendable {
    /// The database's file, beside which SQLite keeps its write-ahead log.
    public let path: AbsolutePath
    /// Whether it was made just now, because there was none.
    public let isNew: Bool
    private let pool: DatabasePool
    private let commits: CommitQueue
    private let damage = Mutex<StorageError?>(nil)

    /// The database of the instance at `stateDirectory`, brought to the newest schema.
    ///
    /// Made when there is none and `creates` is set (the default). A file that is there but cannot be used is
    /// never replaced. Up to `checkLimit` bytes (default 32 MiB) it is checked before this returns; a larger one
    /// must be checked by calling `check()`, which takes long enough to be noticed.
    ///
    /// Throws `StorageError`.
    public init(
        stateDirectory: AbsolutePath, creates: Bool = true, checkLimit: Int = 32 << 20
    ) throws(StorageError) {
        let file = DatabaseFile(stateDirectory: stateDirectory)
        path = file.path
        isNew = try file.prepare(creates: creates)
        try file.requireWritable()
        isCheckDue = try file.size() > checkLimit
        // Before anything is opened for writing: the first thing a writer does is to write.
        try file.requireUsable(isWhole: !isCheckDue)
        pool = try storageResult("open", path) {
            let pool = try file.opening { try DatabasePool(path: $0, configuration: DatabaseFile.settings) }
            try pool.writeWithoutTransaction { database in
                // GRDB turns it down to NORMAL, which loses the last commits with the power.
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            return pool
        }
        commits = CommitQueue(pool: pool)
        try storageResult("migrate", path) { [pool] in try Migrations.run(on: pool) }
    }

    /// Whether the file was too large to be checked when it was opened.
    public let isCheckDue: Bool

    // MARK: Access

    /// Makes the changes of `body`: all of them, or none when it throws. They are on disk when this returns.
    ///
    /// `body` runs alone, after all changes asked for earlier. Cancelling the caller's task does not take it back.
    /// `whenQueued` is called as soon as changes asked for from then on come later than these. Throws `StorageError`,
    /// or what `body` throws.
    public func write<Value: Sendable>(
        whenQueued: () -> Void = {}, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try refuseIfDamaged()
        return try await withCheckedThrowingContinuation { continuation in
            commits.submit(body) { [self] result in continuation.resume(with: translate(result, "write")) }
            whenQueued()
        }
    }

    /// Makes the changes of `body` as `write` does, and calls `whenCommitted` as soon as they are on disk, before anybody else is
    /// told: on the writer's thread, which must not wait. Throws `StorageError`, or what `body` throws.
    package func write(
        _ body: @escaping @Sendable (Transaction) throws -> Void, whenCommitted: @escaping @Sendable () -> Void
    ) async throws {
        try refuseIfDamaged()
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            commits.submit(body) { [self] result in
                if case .success = result { whenCommitted() }
                continuation.resume(with: translate(result, "write"))
            }
        }
    }

    /// What `body` finds, on the state as it was when it began. `body` cannot change anything.
    ///
    /// Throws `StorageError`, or what `body` throws.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do {
            result = .success(try await pool.read { try body(Transaction($0)) })
        } catch {
            result = .failure(error)
        }
        return try translate(result, "read").get()
    }

    /// Like `write`, but holds up the calling thread. For the start, and for what happens once in a while.
    package func writeNow<Value>(_ body: (Transaction) throws -> Value) throws(StorageError) -> Value {
        try refuseIfDamaged()
        return try now("write") { try pool.write { try body(Transaction($0)) } }
    }

    /// Like `read`, but holds up the calling thread.
    package func readNow<Value>(_ body: (Transaction) throws -> Value) throws(StorageError) -> Value {
        try now("read") { try pool.read { try body(Transaction($0)) } }
    }

    // MARK: Care

    /// Reads the whole file and throws `StorageError` when something is wrong with it; from then on nothing is
    /// written to it any more.
    public func check() async throws {
        let fault: String?
        do {
            fault = try await pool.read(DatabaseFile.fault)
        } catch {
            throw translate(error, "read")
        }
        if let fault { throw remember(DatabaseFile.damaged(path, fault)) }
    }

    /// What it takes on disk: the file itself, and its log. What cannot be seen is left out.
    package var sizes: [(name: String, bytes: Int)] { DatabaseFile.sizes(path) }

    /// Ends the use of the database, after what was asked for, and empties its log into it if there is room. A process
    /// that is killed instead loses nothing: the next one reads the log.
    public func close() throws(StorageError) {
        try storageResult("close", path) { [pool] in
            do {
                try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            } catch is DatabaseError {
                // The log keeps what it has.
            }
            try pool.close()
        }
    }

    // MARK: Faults

    private func refuseIfDamaged() throws(StorageError) {
        if let damage = damage.withLock({ $0 }) { throw damage }
    }

    private func remember(_ error: StorageError) -> StorageError {
        damage.withLock { $0 = $0 ?? error }
        return error
    }

    private func translate(_ error: any Error, _ operation: String) -> any Error {
        guard let fault = StorageError(operation, path, error) else { return error }
        return fault.isPermanent ? remember(fault) : fault
    }

    private func translate<Value>(_ result: Result<Value, any Error>, _ operation: String) -> Result<Value, any Error> {
        result.mapError { translate($0, operation) }
    }

    private func now<Value>(_ operation: String, _ body: () throws -> Value) throws(StorageError) -> Value {
        do {
            return try body()
        } catch {
            throw translate(error, operation) as? StorageError
                ?? StorageError(operation, path, errno: EINVAL, fault: "\(error)")
        }
    }
}
