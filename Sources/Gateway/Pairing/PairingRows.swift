import GRDB
import JSON
import Storage

/// The records of one kind in their order, each with its row of the database.
///
/// A change is made here first; `write` then writes the rows that changed, and no others.
struct PairingRows<Record: PairingRecord>: Sendable {
    private struct Slot: Sendable {
        var record: Record
        /// Its row; nil as long as it has none.
        var ordinal: Int64?
        /// Whether its row does not hold it, or not as it is.
        var isChanged: Bool
    }

    private var slots: [Slot]
    /// The rows of records that are gone.
    private var removed: [Int64] = []

    /// Those that the database has. Throws when a row holds none, and what the database throws.
    init(in transaction: Transaction) throws {
        slots = try Row.fetchAll(
            transaction.database, sql: "SELECT ordinal, record FROM \(Record.table) ORDER BY ordinal"
        ).map { row in
            let text: String = try row.decode(forColumn: "record")
            guard let record = Record(try storedObject(text, table: Record.table)) else {
                throw RowFault(table: Record.table, fault: "no \(Record.noun)")
            }
            return Slot(record: record, ordinal: try row.decode(forColumn: "ordinal"), isChanged: false)
        }
    }

    /// Adds `record` as the last.
    mutating func append(_ record: Record) {
        slots.append(Slot(record: record, ordinal: nil, isChanged: true))
    }

    /// Removes the record at `index`.
    @discardableResult
    mutating func remove(at index: Int) -> Record {
        let slot = slots.remove(at: index)
        if let ordinal = slot.ordinal { removed.append(ordinal) }
        return slot.record
    }

    /// Removes those for which `condition` holds.
    mutating func removeAll(where condition: (Record) -> Bool) {
        for index in slots.indices.reversed() where condition(slots[index].record) { remove(at: index) }
    }

    /// Brings the rows of the database to what this holds.
    mutating func write(to transaction: Transaction) throws {
        let database = transaction.database
        for ordinal in removed {
            try database.execute(sql: "DELETE FROM \(Record.table) WHERE ordinal = ?", arguments: [ordinal])
        }
        removed = []
        for index in slots.indices where slots[index].isChanged {
            let record = slots[index].record
            if let ordinal = slots[index].ordinal {
                try database.execute(
                    sql: "UPDATE \(Record.table) SET \(Record.idColumn) = ?, record = ? WHERE ordinal = ?",
                    arguments: [record.id, record.json.text(), ordinal])
            } else {
                try database.execute(
                    sql: "INSERT INTO \(Record.table)(\(Record.idColumn), record) VALUES (?, ?)",
                    arguments: [record.id, record.json.text()])
                slots[index].ordinal = database.lastInsertedRowID
            }
            slots[index].isChanged = false
        }
    }

    /// Whether the rows of the database are other than what this holds.
    var isChanged: Bool { !removed.isEmpty || slots.contains(where: \.isChanged) }
}

extension PairingRows: RandomAccessCollection {
    var startIndex: Int { slots.startIndex }
    var endIndex: Int { slots.endIndex }

    subscript(index: Int) -> Record {
        get { slots[index].record }
        set {
            slots[index].record = newValue
            slots[index].isChanged = true
        }
    }
}
