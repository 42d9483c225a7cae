package import GRDB

/// A consistent view of the database, for the length of one `read` or `write`.
///
/// Must not leave the closure it was given to.
public struct Transaction {
    package let database: Database

    package init(_ database: Database) {
        self.database = database
    }
}
