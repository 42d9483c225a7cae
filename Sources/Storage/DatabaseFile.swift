import Files
import GRDB
import Glibc
package import Policy

/// The file a database lives in, and what must be true of it before it is used.
///
/// SQLite opens it, and its log, shared memory and journal beside it, by path: nothing but regular files of the
/// directory's owner may stand there, and what it opened must be the file that was looked at. It opens each of them
/// with O_NOFOLLOW itself.
package struct DatabaseFile {
    package let path: AbsolutePath
    private let state: HostileDirectory

    /// The database of the instance at `stateDirectory`; by another name, a copy that is to become it.
    package init(stateDirectory: AbsolutePath, name: String = "mazelclaw.sqlite") {
        path = stateDirectory / name
        state = HostileDirectory(stateDirectory)
    }

    /// What says that a SQLite file is ours (SQLite file format, section 1.3.13).
    static let applicationID: Int32 = 0x4D7A_436C

    /// What the names of the files end in that SQLite keeps beside the database.
    static let siblings = ["-wal", "-shm", "-journal"]

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
                    PRAGMA cache_size = -512;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA journal_size_limit = 67108864;
                    """)
        }
        return settings
    }

    /// How a connection is set up that only reads. Views and triggers of a schema that somebody else wrote can do nothing
    /// there (SQLite, "Defense Against The Dark Arts"); our own triggers only count where something is written.
    static var readingSettings: Configuration {
        var settings = settings
        settings.readonly = true
        settings.prepareDatabase { try $0.execute(sql: "PRAGMA trusted_schema = OFF") }
        return settings
    }

    /// Makes sure that the file is there, ours, and private, unless `protects` is false. Returns whether it was made now.
    func prepare(creates: Bool, protects: Bool = true) throws(StorageError) -> Bool {
        let place: FilePlace
        do throws(StorageError) {
            place = try state.place(of: path, "open")
        } catch {
            guard error.errno == ENOENT, creates else { throw error }
            return try create()
        }
        for suffix in Self.siblings {
            if let attributes = try place.attributes("open", suffix: suffix) {
                try requireOwner(attributes, place.path(suffix))
            }
        }
        guard let attributes = try place.attributes("open") else {
            if let left = try place.attributes("open", suffix: "-wal"), left.size > 0 {
                throw StorageError(
                    "open", path,
                    fault:
                        "it is missing, but its log \(path.lastComponent)-wal is there with changes; put it back, or "
                        + "remove the log too to start from nothing")
            }
            guard creates else { throw StorageError("open", path, errno: ENOENT) }
            return try create()
        }
        try requireOwner(attributes, path)
        guard attributes.size > 0 else {
            throw StorageError(
                "open", path,
                fault: "it is empty; put a backup in its place, or remove it to start from nothing")
        }
        try requireOurs(place)
        if protects { try place.makePrivate() }
        return false
    }

    /// Whether nothing is to be read but the file itself: there is nothing in a log beside it.
    func hasNoLog() throws(StorageError) -> Bool {
        let place = try state.place(of: path, "open")
        for suffix in ["-wal", "-journal"] {
            if let log = try place.attributes("open", suffix: suffix), log.size > 0 { return false }
        }
        return true
    }

    /// `path` as SQLite opens it where it is not to lock or to make anything (sqlite.org/uri.html, immutable).
    static func immutable(_ path: String) -> String {
        let escaped = path.utf8.map { byte -> String in
            let isPlain =
                byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "file:\(escaped.joined())?immutable=1"
    }

    /// The file's size in bytes.
    func size() throws(StorageError) -> Int { try attributes(path).size }

    /// What stands at `file`. Throws `StorageError`, also when nothing does.
    private func attributes(_ file: AbsolutePath) throws(StorageError) -> FileAttributes {
        guard let attributes = try state.place(of: file, "open").attributes("open") else {
            throw StorageError("open", file, errno: ENOENT)
        }
        return attributes
    }

    /// Another user's file cannot have got there by what this instance does.
    private func requireOwner(_ file: FileAttributes, _ path: AbsolutePath) throws(StorageError) {
        guard let directory = FileAttributes(at: self.path.parent) else {
            throw StorageError("open", path, errno: errno)
        }
        guard [directory.owner, geteuid()].contains(file.owner) else {
            throw StorageError(
                "open", path,
                fault: "it belongs to user \(file.owner), its directory to user \(directory.owner); chown it")
        }
    }

    /// What `open` opens at the path of the file, or of one beside it, which must be the file that stands there before
    /// and after. Throws what `open` throws, or `StorageError`.
    func opening<Value>(_ file: AbsolutePath? = nil, _ open: (String) throws -> Value) throws -> Value {
        let file = file ?? path
        let before = try attributes(file).identity
        let value = try open(file.text)
        // By its path somebody could have led SQLite elsewhere in between, and put everything back.
        guard try attributes(file).identity == before, try Self.isOpen(before) else {
            throw StorageError("open", file, errno: EAGAIN, fault: "it was replaced meanwhile; try again")
        }
        return value
    }

    /// Whether this process has `file` open. Nothing is opened to find out: to close it would end SQLite's locks.
    private static func isOpen(_ file: FileIdentity) throws(StorageError) -> Bool {
        let own = AbsolutePath.root / "proc/self/fd"
        guard let directory = opendir(own.text) else { throw StorageError("read", own, errno: errno) }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            guard let descriptor = Int32(String(decoding: entryName(entry), as: UTF8.self)),
                let attributes = FileAttributes(descriptor)
            else { continue }
            if attributes.identity == file { return true }
        }
        return false
    }

    /// The sizes in bytes of the database at `path` and its log.
    static func sizes(_ path: AbsolutePath) -> [(name: String, bytes: Int)] {
        [("main", ""), ("wal", "-wal")].compactMap { name, suffix in
            FileAttributes(of: path.text + suffix, in: AT_FDCWD).map { (name, $0.size) }
        }
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
            let queue = try opening(temporary) { try DatabaseQueue(path: $0) }
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

    private func requireOurs(_ place: borrowing FilePlace) throws(StorageError) {
        guard let file = try place.open("open", .reading) else { throw .missing("open", path) }
        let header = try file.read(from: 0, count: 100)
        guard header.count == 100, header.starts(with: "SQLite format 3\0".utf8) else {
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
        try DirectoryState.requireWritable(path, "open")
        try DirectoryState.requireWritable(path.parent, "open")
    }

    /// Looks through a connection that cannot write whether this version can use what is there, and, when `isWhole`,
    /// at every page.
    func requireUsable(isWhole: Bool) throws(StorageError) {
        try storageResult("open", path) {
            let queue = try opening { try DatabaseQueue(path: $0, configuration: Self.readingSettings) }
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
