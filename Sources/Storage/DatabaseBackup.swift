package import Files
import GRDB
import Glibc
package import Policy

/// A copy of a database that is in use (SQLite's online backup).
package struct DatabaseBackup {
    let reader: any DatabaseReader
    /// The database's file, for messages.
    package let source: AbsolutePath

    /// Writes the copy to `destination`, where nothing may stand. Returns its size in bytes. `progress` is told what part of it
    /// is written, from 0 to 1.
    func write(
        to destination: AbsolutePath, progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> Int {
        guard FileAttributes(at: destination, followsLinks: false) == nil else {
            throw StorageError("write", destination, errno: EEXIST)
        }
        let directory = destination.parent
        try await requireRoom(for: destination)
        let temporary =
            directory / "\(destination.lastComponent).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        try DurableFile.write([], to: temporary)
        defer { unlink(temporary.text) }
        let size: Int
        do {
            size = try await copy(to: temporary, progress)
        } catch {
            // The source is only read: what cannot be written is the copy.
            throw StorageError("write", destination, error) ?? error
        }
        // link(2), unlike rename(2), replaces nothing.
        guard link(temporary.text, destination.text) == 0 else {
            throw StorageError("write", destination, errno: errno)
        }
        try DurableFile.flush(directory)
        return size
    }

    /// Makes sure that the copy fits beside `destination`, before anything is filled with what somebody claims to be a
    /// database of that size.
    private func requireRoom(for destination: AbsolutePath) async throws {
        let size = try await reader.read { database in
            try Int.fetchOne(
                database, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0
        }
        if let file = FileAttributes(at: source, followsLinks: false) { try Self.requireSolid(file, source) }
        try Self.requireRoom(of: size, for: destination)
    }

    /// Throws `StorageError` for a file that somebody only claims to be a database of its size.
    static func requireSolid(_ file: FileAttributes, _ path: AbsolutePath) throws(StorageError) {
        // SQLite leaves no holes. A file system that compresses saves less than this.
        guard file.size > 64 << 20, file.blocks < file.size / 64 / 512 else { return }
        throw StorageError("read", path, fault: "most of its \(file.size) bytes are holes, as in no database")
    }

    /// Makes sure that `size` bytes fit beside `destination`. Throws `StorageError`.
    package static func requireRoom(of size: Int, for destination: AbsolutePath) throws(StorageError) {
        let room = try DirectoryState.room(in: destination.parent)
        guard room >= UInt64(size) else {
            throw StorageError(
                "write", destination, errno: ENOSPC,
                fault: "it takes \(size) bytes, and \(room) are free; free some space, or name another directory")
        }
    }

    private func copy(to file: AbsolutePath, _ progress: @escaping @Sendable (Double) -> Void) async throws -> Int {
        var settings = Configuration()
        settings.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let copy = try DatabaseQueue(path: file.text, configuration: settings)
        // One read transaction holds the moment; writers go on beside it.
        try await reader.read { source in
            try copy.writeWithoutTransaction { target in
                try source.backup(to: target, pagesPerStep: 4096) { state in
                    progress(Double(state.completedPageCount) / Double(max(state.totalPageCount, 1)))
                }
            }
        }
        try await copy.writeWithoutTransaction { database in
            // The copy says that it has a write-ahead log, as its source does; a backup is one file.
            try database.execute(sql: "PRAGMA journal_mode = DELETE")
            let faults = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
            guard faults == ["ok"] else { throw DatabaseFile.damaged(source, faults.joined(separator: "; ")) }
        }
        let size = try await copy.read { database in
            try Int.fetchOne(
                database, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0
        }
        try copy.close()
        return size
    }
}
