import GRDB
import Glibc
import Policy

/// The file a database lives in, and what must be true of it before it is used.
struct DatabaseFile {
    let path: AbsolutePath

    init(stateDirectory: AbsolutePath) {
        path = stateDirectory / "mazelclaw.sqlite"
    }

    /// What says that a SQLite file is ours (SQLite file format, section 1.3.13).
    static let applicationID: Int32 = 0x4D7A_436C

    private var log: AbsolutePath { sibling("-wal") }

    /// How each connection is set up.
    static var settings: Configuration {
        var settings = Configuration()
        settings.label = "mazelclaw"
        settings.maximumReaderCount = 3
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA journal_size_limit = 67108864;
                    """)
        }
        return settings
    }

    /// Makes sure that the file is there, ours, and private. Returns whether it was made now.
    func prepare(creates: Bool) throws(StorageError) -> Bool {
        guard let size = try sizeIfPresent() else {
            if let left = try Self.size(log), left > 0 {
                throw StorageError(
                    "open", path,
                    fault: "it is missing, but its log \(log.lastComponent) is there with changes; put it back, or "
                        + "remove the log too to start from nothing")
            }
            guard creates else { throw StorageError("open", path, errno: ENOENT) }
            return try create()
        }
        guard size > 0 else {
            throw StorageError(
                "open", path,
                fault: "it is empty; put a backup in its place, or remove it to start from nothing")
        }
        try requireOurs()
        try DurableFile.makePrivate(path)
        return false
    }

    /// The file's size in bytes.
    func size() throws(StorageError) -> Int {
        guard let size = try sizeIfPresent() else { throw StorageError("open", path, errno: ENOENT) }
        return size
    }

    /// The sizes in bytes of the database at `path` and its log.
    static func sizes(_ path: AbsolutePath) -> [(name: String, bytes: Int)] {
        [("main", ""), ("wal", "-wal")].compactMap { name, suffix in
            var status = stat()
            return stat(path.text + suffix, &status) == 0 ? (name, Int(status.st_size)) : nil
        }
    }

    private func sizeIfPresent() throws(StorageError) -> Int? { try Self.size(path) }

    private static func size(_ path: AbsolutePath) throws(StorageError) -> Int? {
        var status = stat()
        guard stat(path.text, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw StorageError("open", path, errno: errno)
        }
        return Int(status.st_size)
    }

    private func sibling(_ suffix: String) -> AbsolutePath {
        path.parent / (path.lastComponent + suffix)
    }

    // MARK: Making

    /// Makes the database under another name first: a start that ends half-way leaves no empty file behind, which a
    /// later one would have to take for a loss.
    private func create() throws(StorageError) -> Bool {
        try DurableFile.makeDirectory(path.parent)
        let temporary = sibling(".\(getpid()).\(UInt32.random(in: .min ... .max)).new")
        defer { unlink(temporary.text) }
        try DurableFile.write([], to: temporary)
        try storageResult("create", path) {
            let queue = try DatabaseQueue(path: temporary.text)
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA application_id = \(Self.applicationID)")
            }
            try queue.close()
        }
        // link(2) fails when somebody else was faster; then theirs is the one.
        guard link(temporary.text, path.text) == 0 else {
            if errno == EEXIST { return false }
            throw StorageError("create", path, errno: errno)
        }
        try DurableFile.flush(path.parent)
        return true
    }

    // MARK: Checking

    private func requireOurs() throws(StorageError) {
        let descriptor = open(path.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw StorageError("open", path, errno: errno) }
        defer { Glibc.close(descriptor) }
        var header = [UInt8](repeating: 0, count: 100)
        let count = read(descriptor, &header, header.count)
        guard count >= 0 else { throw StorageError("open", path, errno: errno) }
        guard count == header.count, header.starts(with: "SQLite format 3\0".utf8) else {
            throw Self.damaged(path, "it does not begin as a SQLite database does")
        }
        let id = header[68..<72].reduce(0) { $0 << 8 | UInt32($1) }
        guard id == UInt32(bitPattern: Self.applicationID) else {
            throw StorageError(
                "open", path, fault: "it is another program's database; move it away to start from nothing")
        }
    }

    /// A place that cannot be written is found out now, not at the first message.
    func requireWritable() throws(StorageError) {
        guard access(path.text, W_OK) == 0, access(path.parent.text, W_OK) == 0 else {
            throw StorageError("open", path, errno: errno)
        }
    }

    /// Looks through a connection that cannot write whether this version can use what is there, and, when `isWhole`,
    /// at every page.
    func requireUsable(isWhole: Bool) throws(StorageError) {
        try storageResult("open", path) {
            var settings = Self.settings
            settings.readonly = true
            let queue = try DatabaseQueue(path: path.text, configuration: settings)
            try queue.read { database in
                try Migrations.requireKnown(database, at: path)
                if isWhole, let fault = try Self.fault(database) { throw Self.damaged(path, fault) }
            }
            try queue.close()
        }
    }

    /// What is wrong with the whole file, or nil.
    static func fault(_ database: Database) throws -> String? {
        let faults = try String.fetchAll(database, sql: "PRAGMA quick_check(3)")
        return faults == ["ok"] ? nil : faults.joined(separator: "; ")
    }

    static func damaged(_ path: AbsolutePath, _ detail: String) -> StorageError {
        StorageError(
            "open", path,
            fault:
                "it is damaged (\(detail)). Nothing was changed. Move it and \(path.lastComponent)-wal away and put a "
                + "backup in its place")
    }
}
