import DevTools
import JSON

/// The nodes of a snapshot of one document. The list is kept in the page's process, out of reach of its scripts, until it is let
/// go of or the document is gone.
struct NodeList: Sendable, Hashable {
    /// The session of the document's frame.
    var session: SessionID
    /// What the list is called by there.
    var object: String
    /// What it is let go of with.
    var group: String

    /// The ids of the nodes at `places`, in their order, which they keep as long as they are there. Throws `DevToolsError`: that
    /// the browser refuses it when the document is gone.
    func ids(of places: [Int], over connection: DevToolsConnection) async throws -> [Int64] {
        guard !places.isEmpty else { return [] }
        let session = connection.session(session)
        let result = try await session.send(
            RuntimeDomain.CallFunctionOn(
                "function(...places) { return places.map(place => this[1][place]); }", on: .object(object),
                places.map { .value(.integer(Int64($0))) }, outcome: .parts(depth: 2, group: Self.group)))
        try await session.send(RuntimeDomain.ReleaseObjectGroup(Self.group))
        guard case .value(let list) = result, let nodes = list.parts?.elements, nodes.count == places.count else {
            throw DevToolsError.malformed(source: RuntimeDomain.CallFunctionOn.method, member: "deepSerializedValue")
        }
        var ids: [Int64] = []
        for node in nodes {
            guard let id = node.backendNode else {
                throw DevToolsError.malformed(source: RuntimeDomain.CallFunctionOn.method, member: "backendNodeId")
            }
            ids.append(id)
        }
        return ids
    }

    /// What objects that are needed for a moment are let go of with.
    private static let group = "browser-control-ids"
}

extension PageNode {
    /// The id that it keeps as long as it is there. Throws `DevToolsError` as `NodeList.ids` does.
    func id(over connection: DevToolsConnection) async throws -> Int64 {
        switch self {
        case .known(let id): return id
        case .listed(let list, let place):
            guard let id = try await list.ids(of: [place], over: connection).first else { preconditionFailure("one") }
            return id
        }
    }

    /// The ids of `nodes`, nil for those whose document is gone. Throws `DevToolsError`.
    static func ids(of nodes: [PageNode], over connection: DevToolsConnection) async throws -> [Int64?] {
        var ids = [Int64?](repeating: nil, count: nodes.count)
        var listed: [NodeList: [(index: Int, place: Int)]] = [:]
        for (index, node) in nodes.enumerated() {
            switch node {
            case .known(let id): ids[index] = id
            case .listed(let list, let place): listed[list, default: []].append((index, place))
            }
        }
        for (list, nodes) in listed {
            do {
                for (node, id) in zip(nodes, try await list.ids(of: nodes.map(\.place), over: connection)) {
                    ids[node.index] = id
                }
            } catch DevToolsError.refused {
                continue
            } catch DevToolsError.sessionEnded {
                continue
            }
        }
        return ids
    }
}
