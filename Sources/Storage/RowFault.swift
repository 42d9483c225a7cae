import GRDB
package import JSON
package import Time

/// A row that holds what this version never writes.
package struct RowFault: Error, CustomStringConvertible {
    package let table: String
    package let fault: String

    package init(table: String, fault: String) {
        self.table = table
        self.fault = fault
    }

    package var description: String { "a row of the table \(table) is not as this version writes it: \(fault)" }
}

/// The object kept as `text` in a row of `table`.
package func storedObject(_ text: String, table: String) throws(RowFault) -> JSONObject {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: Array(text.utf8)) } catch {
        throw RowFault(table: table, fault: "\(error)")
    }
    guard let object = json.object else { throw RowFault(table: table, fault: "it holds no object") }
    return object
}

extension Row {
    /// The time in `column`; nil when what stands there is none.
    package func time(ifAny column: String) throws -> Timestamp? {
        let milliseconds: Int64? = try decode(forColumn: column)
        return milliseconds.flatMap(Timestamp.init(milliseconds:))
    }

    /// The same, where a number that is no time counts as the earliest there is.
    package func time(_ column: String) throws -> Timestamp { try time(ifAny: column) ?? .earliest }
}
