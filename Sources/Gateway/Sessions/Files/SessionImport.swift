import Files
import GRDB
import JSON
public import Policy
public import Storage
import Time

/// Sessions read from where the original gateway kept them, so that people can move in.
///
/// The files are only read. What is in the database already is left alone and named, so that doing it again does no
/// harm, and continues what was cut off.
public struct SessionImport: Equatable, Sendable {
    /// How many sessions came in.
    public private(set) var sessions = 0
    /// How many transcripts came in.
    public private(set) var transcripts = 0
    /// How many messages they have.
    public private(set) var messages = 0
    /// What did not come in, and why: a line each.
    public private(set) var leftOut: [String] = []

    /// The largest transcript that comes in, in bytes. A line of it is read as a whole.
    static let transcriptLimit = 512 << 20

    /// Reads the sessions below `directory` into `database`: a state directory, or one agent's sessions.
    ///
    /// Each transcript is a change of its own, and the sessions of an agent are another, so that a gateway that is
    /// running waits for none of them long. Throws `StorageError`.
    public init(_ directory: AbsolutePath, into database: InstanceDatabase, standard: String = "main") async throws {
        let files = SessionFiles(root: directory)
        let agents = try files.agents(standard: standard)
        guard !agents.isEmpty else {
            throw StorageError(
                "import", directory,
                fault: "it holds neither agents/AGENT/sessions nor \(SessionFiles.index); name the original's state "
                    + "directory, or one agent's sessions")
        }
        for agent in agents { try await add(agent.id, agent.directory, files.source, database) }
    }

    private mutating func add(
        _ agent: String, _ directory: AbsolutePath, _ source: HostileDirectory, _ database: InstanceDatabase
    ) async throws {
        let names = try source.names(in: directory) ?? []
        let index = directory / SessionFiles.index
        let listed = try entries(source.read(index, limit: 256 << 20), index, agent: agent)
        var keys: [String: String] = [:]
        for (entry, file) in listed where names.contains(file) { keys[file] = entry.key.text }
        for name in names where name.hasSuffix(".jsonl") || name.contains(".jsonl.") {
            let key = keys[name] ?? Self.owner(name, keys) ?? SessionKey(agent: agent, rest: "unlisted").text
            let file = directory / name
            do {
                // Before the transaction: whatever stands there holds up nobody, and is no fault of the database's.
                let place = try source.place(of: file, "read")
                if let size = try place.attributes("read")?.size, size > Self.transcriptLimit {
                    leftOut.append("\(file): it is larger than \(Self.transcriptLimit >> 20) MiB")
                    continue
                }
                guard let open = try place.open("read", .reading) else { throw StorageError.missing("read", file) }
                let outcome = try await database.write { transaction in
                    try ImportedTranscript(name: name, key: key, file: open, transaction)
                }
                take(outcome, file)
            } catch let error as StorageError where error.path == file && error.isPermanent {
                leftOut.append("\(file): \(error.fault ?? "")")
            }
        }
        let entries = listed.map { entry, file in
            var entry = entry
            let stem = String(file.dropLast(".jsonl".count))
            if names.contains(file) { entry.sessionID = stem }
            entry.forgetFile()
            return entry
        }
        let (count, others) = try await database.write { transaction in
            var count = 0
            var others: [SessionKey] = []
            for entry in entries {
                do {
                    if let there = try transaction.sessions.find(entry.key) {
                        // The same one came in before, and may have been used since.
                        if there.sessionID != entry.sessionID { others.append(entry.key) }
                    } else {
                        try transaction.sessions.save(entry)
                        count += 1
                    }
                } catch is SetAside {
                    others.append(entry.key)
                }
            }
            return (count, others)
        }
        sessions += count
        for key in others { leftOut.append("\(index): \(key): there is another session of this name already") }
    }

    private mutating func take(_ outcome: ImportedTranscript, _ file: AbsolutePath) {
        switch outcome {
        case .new(let count, let unreadable):
            transcripts += 1
            messages += count
            for line in unreadable { leftOut.append("\(file):\(line): the line is no UTF-8") }
        case .known: break
        case .different: leftOut.append("\(file): there is another transcript of this name already")
        }
    }

    /// The entries listed in `text`, the content of `index`, newest first, each with the name of its transcript's file.
    private mutating func entries(
        _ text: [UInt8]?, _ index: AbsolutePath, agent: String
    ) throws(StorageError) -> [(entry: SessionEntry, file: String)] {
        guard let text else { return [] }
        let root: JSON
        do {
            root = try JSON5Document(parsing: text, limits: JSON.Limits(length: 256 << 20)).value
        } catch {
            throw StorageError("read", index, fault: "\(error) at \(JSONPosition(offset: error.offset, in: text))")
        }
        guard let object = root.object else {
            throw StorageError("read", index, fault: "it must hold a JSON object of sessions")
        }
        var settings = SessionSettings()
        settings.defaultAgent = agent
        var found: [(entry: SessionEntry, file: String)] = []
        for member in object.members {
            guard let key = SessionKey(alias: member.name, settings: settings),
                let entry = SessionEntry(key: key, json: member.value)
            else {
                leftOut.append("\(index): \(member.name): it has no sessionId")
                continue
            }
            guard SessionFiles.isFileName(TranscriptTable.name(entry.sessionID)) else {
                leftOut.append("\(index): \(member.name): its sessionId is no name of a file")
                continue
            }
            if let time = member.value["updatedAt"], SessionEntry.time(of: time) == nil {
                leftOut.append(
                    "\(index): \(member.name): its updatedAt is \(time.text()), which is no time in milliseconds from "
                        + "1970 to 9999; the session counts as never used")
            }
            let file = member.value["sessionFile"]?.string?.split(separator: "/").last.map(String.init)
            found.append(
                (entry, file?.hasSuffix(".jsonl") == true ? file ?? "" : TranscriptTable.name(entry.sessionID)))
        }
        found.sort { $0.entry.updatedAt > $1.entry.updatedAt }
        var kept: [(entry: SessionEntry, file: String)] = []
        var seen: Set<SessionKey> = []
        for item in found {
            if seen.insert(item.entry.key).inserted {
                kept.append(item)
            } else {
                leftOut.append("\(index): \(item.entry.key): another spelling of it was used later")
            }
        }
        return kept
    }

    /// The session of a transcript that was put away, by that of the one it was.
    private static func owner(_ name: String, _ keys: [String: String]) -> String? {
        name.firstRange(of: ".jsonl.").flatMap { keys[name[..<$0.lowerBound] + ".jsonl"] }
    }
}

/// What became of a transcript's file.
private enum ImportedTranscript: Sendable {
    /// It came in, with so many messages; the lines of these numbers could not be read.
    case new(messages: Int, unreadable: [Int])
    /// It is there already, just the same.
    case known
    /// Another is there.
    case different

    init(name: String, key: String, file: OpenFile, _ transaction: Transaction) throws {
        var content = try TranscriptFile(file)
        if let there = try Int64.fetchOne(
            transaction.database, sql: "SELECT id FROM transcript WHERE name = ?", arguments: [name])
        {
            let lines = try String.fetchCursor(
                transaction.database, sql: "SELECT line FROM message WHERE transcript = ? ORDER BY sequence",
                arguments: [there])
            // More may have been said since.
            while let line = try content.next() {
                guard try lines.next() == line.line else {
                    self = .different
                    return
                }
            }
            self = .known
            return
        }
        let stem = name.firstRange(of: ".jsonl").map { String(name[..<$0.lowerBound]) } ?? name
        let transcript = try transaction.transcripts.begin(
            stem, name: name, key: key, header: content.header, at: content.createdAt)
        var sequence: Int64 = 0
        var count = 0
        while let line = try content.next() {
            sequence += 1
            if line.role != nil { count += 1 }
            try transaction.transcripts.insert(line, transcript: transcript, sequence: sequence)
        }
        let reason: String? = name.contains(".jsonl.deleted.") ? "delete" : name.hasSuffix(".jsonl") ? nil : "compact"
        try transaction.database.execute(
            sql: "UPDATE transcript SET lastSequence = ?, archivedAt = ?, archivedBy = ? WHERE id = ?",
            arguments: [sequence, reason == nil ? nil : content.lastTime.milliseconds, reason, transcript])
        self = .new(messages: count, unreadable: content.unreadable)
    }
}
