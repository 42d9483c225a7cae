public import Files
import GRDB
public import Policy

/// What an instance remembers, as it is on disk, whether its gateway runs or not. Changes nothing.
public struct DatabaseView: Sendable {
    /// The database's file.
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

    /// What `body` finds in it, as it is at one moment. Throws `StorageError`.
    public func read<Value>(_ body: (Transaction) throws -> Value) throws(StorageError) -> Value {
        try storageResult("read", path) { [queue] in try queue.read { try body(Transaction($0)) } }
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
