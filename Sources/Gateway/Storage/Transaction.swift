import GRDB

/// A consistent view of the database, for the length of one `read` or `write`.
///
/// Must not leave the closure it was given to.
public struct Transaction {
    let database: Database

    init(_ database: Database) {
        self.database = database
    }
}
