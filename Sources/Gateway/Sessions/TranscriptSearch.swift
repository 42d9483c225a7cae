import GRDB
public import JSON
import Storage
public import Time

/// What is looked for in transcripts.
public struct TranscriptQuery: Equatable, Sendable {
    /// Words that must all occur, in any order; a star at a word's end stands for any ending, quotes hold words
    /// together. Case and accents do not count.
    public var text: String
    /// Only in the session so called.
    public var key: SessionKey?
    /// Only in the sessions of this agent.
    public var agent: String?
    /// Only messages of this role.
    public var role: String?
    /// The most hits. Default 20.
    public var limit = 20

    /// A search for `text` everywhere.
    public init(_ text: String) {
        self.text = text
    }

    /// The words as FTS5 takes them; nil when there are none. Whatever is written, it is words: FTS5's own operators
    /// are not for those who search.
    var expression: String? {
        var terms: [String] = []
        for (index, part) in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
            let isQuoted = index % 2 == 1
            for word in isQuoted ? [part] : part.split(whereSeparator: \.isWhitespace) {
                let isPrefix = !isQuoted && word.hasSuffix("*")
                let letters = isPrefix ? word.dropLast() : word
                guard letters.contains(where: { $0.isLetter || $0.isNumber }) else { continue }
                terms.append("\"\(letters.filter { $0 != "\0" })\"\(isPrefix ? "*" : "")")
            }
        }
        return terms.isEmpty ? nil : terms.joined(separator: " ")
    }
}

/// A message that was found.
public struct TranscriptHit: Equatable, Sendable {
    /// The key of the session in which it was said.
    public var key: String
    /// The id of the transcript that holds it, a UUID.
    public var sessionID: String
    /// Its place in the transcript.
    public var sequence: Int64
    /// When it was said.
    public var timestamp: Timestamp
    /// `user`, `assistant`, …
    public var role: String
    /// The words around the hit, with what was found between `[` and `]`.
    public var snippet: String

    /// Its members, under their names here.
    public var json: JSON {
        [
            "key": .string(key), "sessionId": .string(sessionID), "sequence": .integer(sequence),
            "timestamp": timestamp.json, "role": .string(role), "snippet": .string(snippet),
        ]
    }
}

extension TranscriptTable {
    /// The messages `query` finds, the best first. Transcripts of deleted sessions are left out.
    public func search(_ query: TranscriptQuery) throws -> [TranscriptHit] {
        guard let expression = query.expression else { return [] }
        var conditions = ["messageText MATCH ?", "archivedBy IS NOT 'delete'", "role IS NOT NULL"]
        var arguments: StatementArguments = [expression]
        if let key = query.key {
            conditions.append("transcript.key = ?")
            arguments += [key.text]
        }
        if let agent = query.agent {
            // From "agent:a:" to just before "agent:a;", which follows it.
            conditions.append("transcript.key >= ? AND transcript.key < ?")
            arguments += ["agent:\(agent):", "agent:\(agent);"]
        }
        if let role = query.role {
            conditions.append("role = ?")
            arguments += [role]
        }
        arguments += [max(0, query.limit)]
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT transcript.key, transcript.sessionId, message.sequence, message.timestamp, message.role,
                    snippet(messageText, 0, '[', ']', '…', 16) AS snippet
                FROM messageText
                JOIN message ON message.id = messageText.rowid
                JOIN transcript ON transcript.id = message.transcript
                WHERE \(conditions.joined(separator: " AND "))
                ORDER BY messageText.rank, message.timestamp DESC, message.id DESC LIMIT ?
                """, arguments: arguments)
        return try rows.map { row in
            try TranscriptHit(
                key: row.decode(forColumn: "key"), sessionID: row.decode(forColumn: "sessionId"),
                sequence: row.decode(forColumn: "sequence"), timestamp: row.time("timestamp"),
                role: row.decode(forColumn: "role"), snippet: row.decode(forColumn: "snippet"))
        }
    }
}
