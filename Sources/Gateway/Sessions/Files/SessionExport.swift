import Files
import GRDB
import JSON
import Policy
public import Storage
import Text

/// Sessions written out as the original gateway keeps them, so that people can move out.
public struct SessionExport: Equatable, Sendable {
    /// How many sessions were written.
    public var sessions = 0
    /// How many transcripts were written, also those no session writes any more.
    public var transcripts = 0
    /// How many lines they have.
    public var lines = 0
    /// The sessions that cannot be used, and were not written.
    public var setAside: [SetAside] = []

    /// Nothing written yet.
    public init() {}

    /// Writes the sessions `transaction` sees, or only those of `agent`, into `files`, where nothing is replaced.
    /// Sessions of nobody in particular (`global`) go to those of `standard`. A transcript that does not say where its agent
    /// worked (`cwd`) is told by `workspaces`, which are by agent.
    init(
        _ transaction: Transaction, to files: SessionFiles, agent: String?, standard: String,
        workspaces: [String: AbsolutePath]
    ) throws {
        var entries: [String: [SessionEntry]] = [:]
        for entry in try transaction.sessions.list(.everything) {
            entries[Self.owner(entry.key, standard), default: []].append(entry)
        }
        setAside = try transaction.sessions.setAside()
        var transcripts: [String: [Transcript]] = [:]
        for transcript in try Transcript.all(transaction.database) {
            transcripts[Self.owner(SessionKey(stored: transcript.key), standard), default: []].append(transcript)
        }
        for owner in Set(entries.keys).union(transcripts.keys).sorted() where agent == nil || agent == owner {
            let directory = files.directory(of: owner)
            try DurableFile.makeDirectory(directory)
            for transcript in transcripts[owner] ?? [] {
                lines += try transcript.write(to: directory, workspace: workspaces[owner], transaction.database)
            }
            // Last, so that whoever finds it finds all it speaks of.
            try Self.writeIndex(entries[owner] ?? [], to: directory)
            try DurableFile.flush(directory)
            self.transcripts += transcripts[owner]?.count ?? 0
            sessions += entries[owner]?.count ?? 0
        }
    }

    /// Whose sessions `key` is written with: a name of a directory, whatever stands in the database.
    private static func owner(_ key: SessionKey?, _ standard: String) -> String {
        key?.agent.map(IdentifierText.agent) ?? standard
    }

    private static func writeIndex(_ entries: [SessionEntry], to directory: AbsolutePath) throws {
        let members = entries.map { JSONObject.Member(name: $0.key.text, value: $0.json) }
        var writer = try LineWriter(directory / SessionFiles.index)
        try writer.write(JSON.object(JSONObject(members)).text(pretty: true))
        try writer.finish()
    }

    /// A transcript as it is kept.
    private struct Transcript {
        var row: Int64
        var name: String
        var key: String
        var header: String

        static func all(_ database: Database) throws -> [Transcript] {
            try Row.fetchAll(database, sql: "SELECT id, name, key, header FROM transcript ORDER BY id").map { row in
                try Transcript(
                    row: row.decode(forColumn: "id"), name: row.decode(forColumn: "name"),
                    key: row.decode(forColumn: "key"), header: row.decode(forColumn: "header"))
            }
        }

        /// Its first line, which says that its agent worked in `workspace` where it does not say where.
        private func header(_ workspace: AbsolutePath?) -> String {
            guard let workspace, var object = (try? JSON(parsing: Array(header.utf8)))?.object, object["cwd"] == nil
            else { return header }
            object["cwd"] = .string(workspace.text)
            return JSON.object(object).text()
        }

        /// Writes it into `directory`, and nowhere else; returns how many lines it has.
        func write(to directory: AbsolutePath, workspace: AbsolutePath?, _ database: Database) throws -> Int {
            guard SessionFiles.isFileName(name) else {
                throw RowFault(table: "transcript", fault: "\"\(name)\" is no name of a file")
            }
            var writer = try LineWriter(directory / name)
            var count = 0
            if !header.isEmpty {
                try writer.write(header(workspace))
                count += 1
            }
            let lines = try String.fetchCursor(
                database, sql: "SELECT line FROM message WHERE transcript = ? ORDER BY sequence", arguments: [row])
            while let line = try lines.next() {
                try writer.write(line)
                count += 1
            }
            try writer.finish()
            return count
        }
    }
}
