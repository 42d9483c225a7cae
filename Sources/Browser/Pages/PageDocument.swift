import DevTools
import JSON

/// What a screen reader finds in one document, frames in it left aside.
struct PageDocument: Sendable {
    /// One place in it.
    struct Entry: Sendable {
        /// How many places it is within.
        var depth: Int
        /// `button`, `link`, `heading` and others of WAI-ARIA 1.2, or Chromium's own. What shows a document and is itself passed
        /// over is `none`.
        var role: String
        /// What it is called.
        var name: String
        /// What stands in it, where something may.
        var value: String?
        /// What else is told of it.
        var description: String?
        /// `checked`, `disabled`, `level` and others, those that hold.
        var states: JSONObject = [:]
    }

    /// The places, in the order in which they are read.
    let entries: [Entry]
    /// Their nodes.
    let nodes: NodeList

    /// Reads at most `limit` entries of the document of `frame`, or of what is in `node` of it. Throws `DevToolsError`, and
    /// `BrowserFault` for a page that cannot be read.
    init(
        of frame: Frame, node: Int64?, limit: Int, group: String, over connection: DevToolsConnection
    ) async throws {
        let session = connection.session(frame.session)
        let context = try await session.send(PageDomain.CreateIsolatedWorld(frame.info.id, name: ElementSearch.world))
        var receiver = RuntimeDomain.CallFunctionOn.Receiver.context(context)
        if let node {
            receiver = .object(try await session.send(DOMDomain.ResolveNode(node, group: group, in: context)))
        }
        var roots: [RuntimeDomain.CallFunctionOn.Argument] = []
        while true {
            let result = try await session.send(
                RuntimeDomain.CallFunctionOn(
                    TreeScript.text, on: receiver, [.value(.integer(Int64(limit)))] + roots,
                    outcome: .parts(depth: 1, group: group)))
            let (list, entries) = try Self.read(result)
            // What is in those that only the browser can open may have more of them.
            if roots.count < Self.rootLimit, entries.first?.integer ?? 0 > 0 {
                let closed = try await Self.closedRoots(list, session, group)
                for root in closed.prefix(Self.rootLimit - roots.count) {
                    roots.append(
                        .object(try await session.send(DOMDomain.ResolveNode(root, group: group, in: context))))
                }
                if !closed.isEmpty { continue }
            }
            self.entries = try entries.dropFirst().map { (json) throws(DevToolsError) in try Entry(json) }
            nodes = NodeList(session: frame.session, object: list, group: group)
            return
        }
    }

    /// The most shadow trees of one document that are looked for.
    private static let rootLimit = 200

    /// What an array that the script returned is called by, and its first element as JSON.
    private static func read(_ result: Evaluation) throws -> (list: String, entries: [JSON]) {
        switch result {
        case .exception(let text): throw BrowserFault(500, "the page cannot be read: \(text)")
        case .value(let object):
            guard let list = object.id, let text = object.parts?.elements?.first?.text else { throw malformed }
            do {
                let limits = JSON.Limits(depth: 4, length: 64 << 20, values: 4 << 20)
                guard let entries = try JSON(parsing: Array(text.utf8), limits: limits).array else { throw malformed }
                return (list, entries)
            } catch let error as JSONError {
                throw BrowserFault(500, "the page cannot be read: \(error)")
            }
        }
    }

    fileprivate static let malformed = DevToolsError.malformed(
        source: RuntimeDomain.CallFunctionOn.method, member: "deepSerializedValue")

    /// The shadow trees that scripts are not shown, of the elements that the script found.
    private static func closedRoots(_ list: String, _ session: DevToolsSession, _ group: String) async throws -> [Int64]
    {
        let result = try await session.send(
            RuntimeDomain.CallFunctionOn(
                "function() { return this[2]; }", on: .object(list), [], outcome: .parts(depth: 2, group: group)))
        guard case .value(let object) = result, let hosts = object.parts?.elements else { throw malformed }
        return hosts.compactMap(\.closedRoot)
    }
}

extension PageDocument.Entry {
    fileprivate init(_ json: JSON) throws(DevToolsError) {
        guard let fields = json.array, fields.count >= 3, let depth = fields[0].integer, let role = fields[1].string,
            let name = fields[2].string
        else { throw PageDocument.malformed }
        self.init(depth: Int(depth), role: role, name: name)
        if fields.count > 3 { value = fields[3].string }
        if fields.count > 4 { description = fields[4].string }
        if fields.count > 5, let states = fields[5].object { self.states = states }
    }
}
