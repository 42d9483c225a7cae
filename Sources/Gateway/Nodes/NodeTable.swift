import GRDB
import JSON
import Storage

extension Transaction {
    /// The nodes.
    var nodes: NodeTable { NodeTable(database: database) }
}

/// The nodes as the database keeps them. Does not outlive its transaction.
struct NodeTable {
    let database: Database

    /// Those paired, in the order they first were.
    func paired() throws -> [PairedNode] {
        try database.storedRecords(of: "node").map { record in
            guard let node = PairedNode(record) else { throw RowFault(table: "node", fault: "no node") }
            return node
        }
    }

    /// Those that ask, oldest first.
    func pending() throws -> [NodePairingRequest] {
        try database.storedRecords(of: "nodePairingRequest").map { record in
            guard let request = NodePairingRequest(record) else {
                throw RowFault(table: "nodePairingRequest", fault: "no request")
            }
            return request
        }
    }

    /// Keeps these and no others. They are few.
    func keep(paired: [PairedNode], pending: [NodePairingRequest]) throws {
        try database.execute(sql: "DELETE FROM node; DELETE FROM nodePairingRequest")
        for node in paired {
            try database.execute(
                sql: "INSERT INTO node(nodeId, record) VALUES (?, ?)", arguments: [node.nodeID, node.json.text()])
        }
        for request in pending {
            try database.execute(
                sql: "INSERT INTO nodePairingRequest(requestId, record) VALUES (?, ?)",
                arguments: [request.id, request.json.text()])
        }
    }
}
