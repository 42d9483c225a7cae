import Channels
import GRDB
import Storage
import Time

extension Transaction {
    /// Who asks to be listened to through messaging services, and who was let in.
    var senders: SenderTable { SenderTable(database: database) }
}

/// Who asks to be listened to through messaging services, and who was let in, by account.
///
/// Does not outlive its transaction.
struct SenderTable {
    let database: Database

    /// Whether the person `id` was let in to write to `account`.
    func contains(_ id: String, _ account: AccountID) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM sender WHERE service = ? AND account = ? AND senderId = ?)"),
            arguments: [account.service, account.account, id]) ?? false
    }

    /// Those who were let in to write to `account`, by name.
    func all(_ account: AccountID) throws -> [(sender: Sender, addedAt: Timestamp)] {
        try Row.fetchAll(
            database,
            sql: "SELECT senderId, name, addedAt FROM sender WHERE service = ? AND account = ? ORDER BY name, senderId",
            arguments: [account.service, account.account]
        ).map { row in
            (
                Sender(id: try row.decode(forColumn: "senderId"), name: try row.decode(forColumn: "name")),
                try row.time("addedAt")
            )
        }
    }

    /// Lets `sender` in.
    func add(_ sender: Sender, _ account: AccountID, at now: Timestamp) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO sender(service, account, senderId, name, addedAt) VALUES (?, ?, ?, ?, ?)",
            arguments: [account.service, account.account, sender.id, sender.name, now.milliseconds])
    }

    /// Listens no longer to the person `id`. Returns whether it did.
    func remove(_ id: String, _ account: AccountID) throws -> Bool {
        try database.execute(
            sql: "DELETE FROM sender WHERE service = ? AND account = ? AND senderId = ?",
            arguments: [account.service, account.account, id])
        return database.changesCount > 0
    }

    /// Those who ask `account`.
    func requests(_ account: AccountID) throws -> PairingBook {
        PairingBook(
            try Row.fetchAll(
                database,
                sql: """
                    SELECT senderId, name, code, askedAt FROM senderRequest WHERE service = ? AND account = ?
                    ORDER BY askedAt, senderId
                    """, arguments: [account.service, account.account]
            ).map { row in
                guard let code = PairingCode(try row.decode(forColumn: "code")) else {
                    throw RowFault(table: "senderRequest", fault: "a code that is none")
                }
                return PairingBook.Request(
                    code: code,
                    sender: Sender(id: try row.decode(forColumn: "senderId"), name: try row.decode(forColumn: "name")),
                    askedAt: try row.time("askedAt"))
            })
    }

    /// Keeps those who ask `account`.
    func keep(_ book: PairingBook, _ account: AccountID) throws {
        try database.execute(
            sql: "DELETE FROM senderRequest WHERE service = ? AND account = ?",
            arguments: [account.service, account.account])
        for request in book.requests {
            try database.execute(
                sql: """
                    INSERT INTO senderRequest(service, account, senderId, name, code, askedAt) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    account.service, account.account, request.sender.id, request.sender.name, request.code.description,
                    request.askedAt.milliseconds,
                ])
        }
    }
}
