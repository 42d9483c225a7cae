import GRDB
import JSON

/// A row that holds what this version never writes.
struct RowFault: Error, CustomStringConvertible {
    let table: String
    let fault: String

    var description: String { "a row of the table \(table) is not as this version writes it: \(fault)" }
}

/// The object kept as `text` in a row of `table`.
func storedObject(_ text: String, table: String) throws -> JSONObject {
    do {
        guard let object = try JSON(parsing: Array(text.utf8)).object else {
            throw RowFault(table: table, fault: "it holds no object")
        }
        return object
    } catch let error as JSONError {
        throw RowFault(table: table, fault: "\(error)")
    }
}

extension Database {
    /// The objects kept in the column `record` of `table`, in the order of the column `ordinal`.
    func storedRecords(of table: String) throws -> [JSONObject] {
        try String.fetchAll(self, sql: "SELECT record FROM \(table) ORDER BY ordinal").map {
            try storedObject($0, table: table)
        }
    }
}
