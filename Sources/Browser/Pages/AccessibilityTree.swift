import DevTools

/// What a screen reader finds in a page, frames of other processes included, in the order in which it is read.
struct AccessibilityTree: Sendable {
    /// One place in it.
    struct Entry: Sendable {
        /// What is there, with how many places it is within.
        var content: PageDocument.Entry
        /// Where.
        var node: PageNode
        /// The session of the frame it is in.
        var session: SessionID
    }

    private(set) var entries: [Entry] = []
    /// The lists that its nodes are in.
    private(set) var lists: [NodeList] = []

    private struct Document {
        var content: PageDocument
        /// The frames that it shows, by the place of what shows them.
        var frames: [Int: FrameID] = [:]
    }

    /// Reads `root`, which is a page, or a frame of one, and what is in it; of the document of `root` only what is in `node`,
    /// unless that is nil. Of each document it reads at most `limit` entries. What is kept for it in the page is let go of with
    /// `group`. Throws `DevToolsError`, and `BrowserFault` for a page that cannot be read.
    init(
        of root: FrameID, node: Int64? = nil, limit: Int, group: String, in targets: Targets
    ) async throws {
        let frames = targets.frames(of: TargetID(root.text))
        var documents: [FrameID: Document] = [:]
        for frame in frames {
            do {
                let content = try await PageDocument(
                    of: frame, node: frame.info.id == root ? node : nil, limit: limit, group: group,
                    over: targets.connection)
                documents[frame.info.id] = Document(content: content)
                lists.append(content.nodes)
            } catch DevToolsError.refused where frame.info.id != root {
                // A frame that went away meanwhile shows nothing; what was asked for and did is told.
                continue
            } catch DevToolsError.sessionEnded where frame.info.id != root {
                continue
            }
        }
        for frame in frames {
            guard let document = documents[frame.info.id]?.content else { continue }
            let inner = frames.filter { $0.info.parent == frame.info.id && documents[$0.info.id] != nil }
            documents[frame.info.id]?.frames = try await Self.places(of: inner, in: document, targets.connection)
        }
        add(root, documents, depth: 0)
    }

    /// The roles of what may show a document.
    private static let showing: Set<String> = ["Iframe", "PluginObject", "EmbeddedObject", "none"]

    /// Where in `document` each of the frames that are in it is shown.
    private static func places(
        of frames: [Frame], in document: PageDocument, _ connection: DevToolsConnection
    ) async throws -> [Int: FrameID] {
        guard !frames.isEmpty else { return [:] }
        let places = document.entries.indices.filter { showing.contains(document.entries[$0].role) }
        let nodes = places.map { PageNode.listed(document.nodes, at: $0) }
        let ids = try await PageNode.ids(of: nodes, over: connection)
        var shown: [Int: FrameID] = [:]
        for frame in frames {
            do {
                let owner = try await connection.session(document.nodes.session).send(
                    DOMDomain.GetFrameOwner(frame.info.id))
                if let index = ids.firstIndex(of: owner) { shown[places[index]] = frame.info.id }
            } catch DevToolsError.refused {
                // It went away meanwhile.
                continue
            } catch DevToolsError.sessionEnded {
                continue
            }
        }
        return shown
    }

    private mutating func add(_ frame: FrameID, _ documents: [FrameID: Document], depth: Int) {
        guard let document = documents[frame] else { return }
        let nodes = document.content.nodes
        for (place, content) in document.content.entries.enumerated() {
            var content = content
            content.depth += depth
            var inner = content.depth
            if content.role != "none" {
                entries.append(Entry(content: content, node: .listed(nodes, at: place), session: nodes.session))
                inner += 1
            }
            if let frame = document.frames[place] { add(frame, documents, depth: inner) }
        }
    }
}
