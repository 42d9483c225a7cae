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

    /// Reads `page`. Throws `DevToolsError`.
    init(of page: TargetID, in targets: Targets) async throws {
        let frames = targets.frames(of: page)
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
            } catch DevToolsError.refused where frame.info.parent != nil {
                // A frame that went away meanwhile shows nothing; a page that did is told.
                continue
            } catch DevToolsError.sessionEnded where frame.info.parent != nil {
                continue
            }
        }
        guard let first = frames.first, let document = documents[first.info.id] else { return }
        var open = [(document, document.root, 0)]
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
}
