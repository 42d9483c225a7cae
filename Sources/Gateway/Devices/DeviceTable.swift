import GRDB
import JSON
import Storage

extension Transaction {
    /// The devices.
    var devices: DeviceTable { DeviceTable(database: database) }
}

/// The devices as the database keeps them. Does not outlive its transaction.
struct DeviceTable {
    let database: Database

    /// Those let in, in the order they first were.
    func paired() throws -> [PairedDevice] {
        try database.storedRecords(of: "device").map { record in
            guard let device = PairedDevice(.object(record)) else {
                throw RowFault(table: "device", fault: "no device")
            }
            return device
        }
    }

    /// Those that ask, oldest first.
    func pending() throws -> [PairingRequest] {
        try database.storedRecords(of: "pairingRequest").map { record in
            guard let request = PairingRequest(.object(record)) else {
                throw RowFault(table: "pairingRequest", fault: "no request")
            }
            return request
        }
    }

    /// Keeps these and no others. They are few.
    func keep(paired: [PairedDevice], pending: [PairingRequest]) throws {
        try database.execute(sql: "DELETE FROM device; DELETE FROM pairingRequest")
        for device in paired {
            try database.execute(
                sql: "INSERT INTO device(deviceId, record) VALUES (?, ?)", arguments: [device.id, device.json.text()])
        }
        for request in pending {
            try database.execute(
                sql: "INSERT INTO pairingRequest(requestId, record) VALUES (?, ?)",
                arguments: [request.id, request.json.text()])
        }
    }
}
