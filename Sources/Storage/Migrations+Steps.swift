extension Migrations {
    /// The beginning.
    ///
    /// A session's members that queries need have columns of their own; the others stand in `entry`, as JSON, and with
    /// them those this version does not know. A message's row keeps the whole line as the transcript file has it; a
    /// line that is no message has no role. Names follow the wire: `sessionId` is the transcript's, `key` the
    /// session's. Times are milliseconds since 1970.
    static let sessionsAndRuns = Migration(
        summary: "sessions, transcripts and their index, runs, devices, cron",
        sql: """
            CREATE TABLE session (
                id INTEGER PRIMARY KEY,
                key TEXT NOT NULL UNIQUE,
                agentId TEXT NOT NULL,
                sessionId TEXT NOT NULL,
                updatedAt INTEGER NOT NULL,
                label TEXT,
                spawnedBy TEXT,
                entry TEXT NOT NULL
            ) STRICT;
            CREATE INDEX sessionByTime ON session(updatedAt);
            CREATE INDEX sessionByTranscript ON session(sessionId);
            CREATE INDEX sessionByLabel ON session(label) WHERE label IS NOT NULL;

            CREATE TABLE transcript (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                sessionId TEXT NOT NULL,
                key TEXT NOT NULL,
                header TEXT NOT NULL,
                createdAt INTEGER NOT NULL,
                archivedAt INTEGER,
                archivedBy TEXT CHECK (archivedBy IN ('delete', 'compact')),
                lastSequence INTEGER NOT NULL DEFAULT 0
            ) STRICT;
            CREATE INDEX transcriptByKey ON transcript(key);

            CREATE TABLE message (
                id INTEGER PRIMARY KEY,
                transcript INTEGER NOT NULL REFERENCES transcript(id) ON DELETE CASCADE,
                sequence INTEGER NOT NULL,
                messageId TEXT NOT NULL,
                timestamp INTEGER NOT NULL,
                role TEXT,
                text TEXT NOT NULL,
                line TEXT NOT NULL,
                UNIQUE (transcript, sequence)
            ) STRICT;

            CREATE VIRTUAL TABLE messageText USING fts5(
                text, content = 'message', content_rowid = 'id', tokenize = "unicode61 remove_diacritics 2"
            );
            CREATE TRIGGER messageAdded AFTER INSERT ON message WHEN new.text <> '' BEGIN
                INSERT INTO messageText(rowid, text) VALUES (new.id, new.text);
            END;
            CREATE TRIGGER messageRemoved AFTER DELETE ON message WHEN old.text <> '' BEGIN
                INSERT INTO messageText(messageText, rowid, text) VALUES ('delete', old.id, old.text);
            END;

            CREATE TABLE run (
                id INTEGER PRIMARY KEY,
                space TEXT NOT NULL,
                idempotencyKey TEXT NOT NULL,
                runId TEXT NOT NULL,
                sessionKey TEXT,
                status TEXT NOT NULL CHECK (status IN ('accepted', 'running', 'ok', 'error', 'aborted')),
                acceptedAt INTEGER NOT NULL,
                startedAt INTEGER,
                endedAt INTEGER,
                error TEXT,
                result TEXT,
                UNIQUE (space, idempotencyKey)
            ) STRICT;
            CREATE INDEX runById ON run(runId);
            CREATE INDEX runOpen ON run(status) WHERE endedAt IS NULL;
            CREATE INDEX runByEnd ON run(endedAt) WHERE endedAt IS NOT NULL;

            CREATE TABLE device (
                ordinal INTEGER PRIMARY KEY,
                deviceId TEXT NOT NULL,
                record TEXT NOT NULL
            ) STRICT;
            CREATE TABLE pairingRequest (
                ordinal INTEGER PRIMARY KEY,
                requestId TEXT NOT NULL UNIQUE,
                record TEXT NOT NULL
            ) STRICT;

            CREATE TABLE cronJob (
                jobId TEXT PRIMARY KEY,
                nextRunAt INTEGER,
                record TEXT NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE cronRun (
                id INTEGER PRIMARY KEY,
                jobId TEXT NOT NULL,
                ts INTEGER NOT NULL,
                record TEXT NOT NULL
            ) STRICT;
            CREATE INDEX cronRunByJob ON cronRun(jobId, id);
            """)

    /// What is needed to go on with a run after a crash: what was asked (NULL for a run that is not to go on), the transcript and
    /// the place of its message there, the last place when its agent began, and how often it did.
    static let retries = Migration(
        summary: "runs that go on after a crash",
        sql: """
            ALTER TABLE run ADD COLUMN request TEXT;
            ALTER TABLE run ADD COLUMN sessionId TEXT;
            ALTER TABLE run ADD COLUMN place INTEGER;
            ALTER TABLE run ADD COLUMN begunAfter INTEGER;
            ALTER TABLE run ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
            """)

    /// Nodes that were paired by `node.pair.*`, and those that ask.
    static let nodes = Migration(
        summary: "nodes and their pairing",
        sql: """
            CREATE TABLE node (
                ordinal INTEGER PRIMARY KEY,
                nodeId TEXT NOT NULL UNIQUE,
                record TEXT NOT NULL
            ) STRICT;
            CREATE TABLE nodePairingRequest (
                ordinal INTEGER PRIMARY KEY,
                requestId TEXT NOT NULL UNIQUE,
                record TEXT NOT NULL
            ) STRICT;
            """)

    /// What is to be said through messaging services, who asks to be listened to there, and who was let in.
    static let channels = Migration(
        summary: "messages for messaging services, and who may write there",
        sql: """
            CREATE TABLE delivery (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                service TEXT NOT NULL,
                account TEXT NOT NULL,
                target TEXT NOT NULL,
                thread TEXT,
                runId TEXT,
                text TEXT NOT NULL,
                createdAt INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX deliveryByAccount ON delivery(service, account, id);
            CREATE TABLE senderRequest (
                service TEXT NOT NULL,
                account TEXT NOT NULL,
                senderId TEXT NOT NULL,
                name TEXT NOT NULL,
                code TEXT NOT NULL,
                askedAt INTEGER NOT NULL,
                PRIMARY KEY (service, account, senderId)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE sender (
                service TEXT NOT NULL,
                account TEXT NOT NULL,
                senderId TEXT NOT NULL,
                name TEXT NOT NULL,
                addedAt INTEGER NOT NULL,
                PRIMARY KEY (service, account, senderId)
            ) STRICT, WITHOUT ROWID;
            """)
}
