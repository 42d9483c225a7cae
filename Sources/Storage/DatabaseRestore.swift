public import Files
import GRDB
import Glibc
public import Policy
public import Time

/// Puts a copy that `backup` wrote in the place of an instance's database, and keeps what stood there.
///
/// The copy is looked through first, beside the database. Whoever is killed leaves the old one or the new one, whole, and
/// what was kept in any case. The instance's gateway must not run meanwhile.
public struct DatabaseRestore: Sendable {
    /// The database that is replaced.
    public let path: AbsolutePath
    /// How many bytes the copy has.
    public let size: Int
    private let state: HostileDirectory
    private let staged: DatabaseFile

    /// Copies `file` beside the database of the instance at `stateDirectory`, and looks it through. `progress` is told what
    /// part of it is copied, from 0 to 1. Throws `StorageError`, after which nothing is left of it.
    public init(
        _ file: AbsolutePath, stateDirectory: AbsolutePath, progress: (Double) -> Void = { _ in }
    ) throws(StorageError) {
        state = HostileDirectory(stateDirectory)
        let own = DatabaseFile(stateDirectory: stateDirectory)
        path = own.path
        let descriptor = open(file.text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ELOOP { throw StorageError("read", file, fault: "it is a link; name the file it leads to") }
            throw StorageError("read", file, errno: errno)
        }
        let source = OpenFile(descriptor, at: file)
        size = try Self.requireCopy(source)
        try state.makeDirectory(state.path)
        try DatabaseBackup.requireRoom(of: size, for: path)
        staged = DatabaseFile(
            stateDirectory: stateDirectory,
            name: "\(path.lastComponent).\(getpid()).\(UInt32.random(in: .min ... .max)).new")
        do throws(StorageError) {
            try copy(source, progress)
            _ = try staged.prepare(creates: false)
            try staged.requireUsable(isWhole: true)
            removeSiblings(of: staged.path)
        } catch {
            abandon()
            // For whoever reads it, it is the file that was named.
            throw StorageError("restore", file, errno: error.errno, fault: error.fault)
        }
    }

    /// How many bytes `source` has. Throws `StorageError` when it is nothing that `backup` writes.
    private static func requireCopy(_ source: OpenFile) throws(StorageError) -> Int {
        let file = source.path
        let attributes = try source.attributes()
        guard attributes.kind == .regular else {
            throw StorageError("read", file, fault: "it is no regular file")
        }
        try DatabaseBackup.requireSolid(attributes, file)
        let header = try source.read(from: 0, count: 100)
        guard header.count == 100 else {
            throw StorageError("restore", file, fault: "it is no database, or was cut short")
        }
        func number(_ range: Range<Int>) -> Int { header[range].reduce(0) { $0 << 8 | Int($1) } }
        // Sections 1.3.2 and 1.3.7 of the SQLite file format.
        let page = number(16..<18) == 1 ? 65536 : number(16..<18)
        guard header.starts(with: "SQLite format 3\0".utf8) else {
            throw StorageError("restore", file, fault: "it is no database")
        }
        guard page * number(28..<32) == attributes.size else {
            throw StorageError("restore", file, fault: "it was cut short, or changed since it was written")
        }
        let log = FileAttributes(of: "\(file)-wal", in: AT_FDCWD)
        guard log?.size ?? 0 == 0 else {
            throw StorageError(
                "restore", file,
                fault: "it is a database that is in use, with a log beside it; copy it with backup first")
        }
        return attributes.size
    }

    private func copy(_ source: OpenFile, _ progress: (Double) -> Void) throws(StorageError) {
        guard let copy = try state.place(of: staged.path, "write").open("write", .making) else {
            throw .missing("write", staged.path)
        }
        var done = 0
        while done < size {
            let piece = try source.read(from: done, count: min(1 << 20, size - done))
            guard !piece.isEmpty else { throw StorageError("read", source.path, fault: "it was cut short meanwhile") }
            try copy.write(piece)
            done += piece.count
            progress(Double(done) / Double(size))
        }
        try copy.flush()
    }

    /// Puts the copy in its place. Returns where what stood there is kept; nil when nothing did. Throws `StorageError`, after
    /// which that stands there as it did.
    public func commit(at time: Timestamp) async throws -> AbsolutePath? {
        let kept = path.parent / "\(path.lastComponent).before-restore-\(RFC3339.fileName(time))"
        do {
            let isThere = try await keep(as: kept)
            guard try state.place(of: staged.path, "write").renameTo(path.lastComponent) == 0 else {
                throw StorageError("write", path, errno: errno)
            }
            try state.place(of: path, "write").flush()
            return isThere ? kept : nil
        } catch {
            abandon()
            throw error
        }
    }

    /// Keeps what stands there as `kept`, and has its log be empty, which would be taken for that of the new one. Returns
    /// whether anything stood there.
    private func keep(as kept: AbsolutePath) async throws -> Bool {
        guard try state.place(of: path, "read").attributes("read") != nil else {
            // A log alone is somebody's changes all the same.
            try setAside(to: kept)
            return false
        }
        do {
            _ = try await DatabaseView(stateDirectory: state.path).backUp(to: kept)
            try InstanceDatabase(stateDirectory: state.path).close()
        } catch let error as StorageError where error.isPermanent {
            // It cannot be used, which may be why somebody restores: its files are kept as they are.
            let fault = try state.place(of: path, "write").linkTo(kept.lastComponent)
            guard fault == 0 || fault == EEXIST else { throw StorageError("write", kept, errno: fault) }
        }
        try setAside(to: kept)
        return true
    }

    /// Moves what SQLite left beside the database out of the way, beside `kept`, when there is something in it.
    private func setAside(to kept: AbsolutePath) throws(StorageError) {
        for suffix in DatabaseFile.siblings {
            let place = try state.place(of: path.parent / "\(path.lastComponent)\(suffix)", "write")
            guard let attributes = try place.attributes("read") else { continue }
            if attributes.size > 0, suffix != "-shm" {
                let fault = place.renameTo("\(kept.lastComponent)\(suffix)")
                guard fault == 0 else { throw StorageError("write", kept, errno: fault) }
            } else {
                place.discard()
            }
        }
    }

    /// Removes the copy that has not taken its place.
    public func abandon() {
        removeSiblings(of: staged.path)
        // What was not made yet is not there.
        _ = try? state.place(of: staged.path, "remove").discard()
    }

    private func removeSiblings(of file: AbsolutePath) {
        for suffix in DatabaseFile.siblings {
            _ = try? state.place(of: file.parent / "\(file.lastComponent)\(suffix)", "remove").discard()
        }
    }
}
