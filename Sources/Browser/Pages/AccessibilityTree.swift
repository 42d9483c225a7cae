import DevTools

/// What a screen reader finds in a page, frames of other processes included, in the order in which it is read.
struct AccessibilityTree: Sendable {
    /// One place in it.
    struct Entry: Sendable {
        var node: AccessibilityNode
        /// The session of the frame it is in.
        var session: SessionID
        /// How many places it is within.
        var depth: Int
    }

    private(set) var entries: [Entry] = []

    private struct Document {
        var nodes: [String: AccessibilityNode]
        var root: String
        var session: SessionID
    }

    /// Reads `root`, which is a page, or a frame of one, and what is in it; of the document of `root` only what is in `node`,
    /// unless that is nil. Throws `DevToolsError`.
    init(of root: FrameID, node: Int64? = nil, in targets: Targets) async throws {
        let frames = targets.frames(of: TargetID(root.text))
        var documents: [FrameID: Document] = [:]
        /// The frames that are shown by a node, by its session and id.
        var shown: [SessionID: [Int64: FrameID]] = [:]
        for frame in frames {
            let session = targets.connection.session(frame.session)
            do {
                let nodes = try await session.send(AccessibilityDomain.GetFullAXTree(frame: frame.info.id))
                guard let root = nodes.first(where: { $0.parent == nil }) else { continue }
                documents[frame.info.id] = Document(
                    nodes: Dictionary(nodes.map { ($0.id, $0) }) { first, _ in first }, root: root.id,
                    session: frame.session)
                guard let parent = frames.first(where: { $0.info.id == frame.info.parent }) else { continue }
                let owner = try await targets.connection.session(parent.session).send(
                    DOMDomain.GetFrameOwner(frame.info.id))
                shown[parent.session, default: [:]][owner] = frame.info.id
            } catch DevToolsError.refused where frame.info.id != root {
                // A frame that went away meanwhile shows nothing; what was asked for and did is told.
                continue
            } catch DevToolsError.sessionEnded where frame.info.id != root {
                continue
            }
        }
        guard let first = frames.first, let document = documents[first.info.id] else { return }
        var start: String? = document.root
        if let node { start = document.nodes.values.first { $0.backendNode == node }?.id }
        read(from: (document, start ?? document.root, 0), shown, documents)
        guard let node, start == nil else { return }
        // A screen reader finds nothing at the node itself, but may within.
        let inner = try await targets.connection.session(first.session).send(DOMDomain.DescribeTree(node))
        keep(those: inner, of: first.session)
    }

    private mutating func read(
        from start: (Document, String, Int), _ shown: [SessionID: [Int64: FrameID]], _ documents: [FrameID: Document]
    ) {
        var open = [start]
        while let (document, id, depth) = open.popLast() {
            guard let node = document.nodes[id] else { continue }
            // What is passed over by a screen reader stands for what is in it.
            if !node.isIgnored { entries.append(Entry(node: node, session: document.session, depth: depth)) }
            let below = node.isIgnored ? depth : depth + 1
            open += node.children.reversed().map { (document, $0, below) }
            if let backend = node.backendNode, let frame = shown[document.session]?[backend],
                let inner = documents[frame]
            {
                open.append((inner, inner.root, below))
            }
        }
    }

    /// Leaves out what is at none of `nodes` of `session`, and in nothing that is.
    private mutating func keep(those nodes: Set<Int64>, of session: SessionID) {
        var kept: [Entry] = []
        /// The depth of what is kept, and with it all that is in it.
        var top: Int?
        for var entry in entries {
            if let depth = top, entry.depth <= depth { top = nil }
            if top == nil {
                guard entry.session == session, let node = entry.node.backendNode, nodes.contains(node) else {
                    continue
                }
                top = entry.depth
            }
            entry.depth -= top ?? 0
            kept.append(entry)
        }
        entries = kept
    }
}
