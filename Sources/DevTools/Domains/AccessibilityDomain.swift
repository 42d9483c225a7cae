package import JSON

/// Commands of the domain Accessibility.
package enum AccessibilityDomain {
    /// What a screen reader finds in a frame.
    package struct GetFullAXTree: DevToolsCommand {
        package static let method = "Accessibility.getFullAXTree"
        /// The frame; nil for the session's main one.
        package var frame: FrameID?

        /// What is in `frame`.
        package init(frame: FrameID? = nil) { self.frame = frame }

        package var parameters: JSONObject {
            var parameters: JSONObject = [:]
            parameters["frameId"] = frame.map { .string($0.text) }
            return parameters
        }

        package static func answer(_ fields: Fields) throws(DevToolsError) -> [AccessibilityNode] {
            var nodes: [AccessibilityNode] = []
            for node in try fields.array("nodes") { nodes.append(try AccessibilityNode(node)) }
            return nodes
        }
    }
}

/// What a screen reader finds in one place.
package struct AccessibilityNode: Sendable, Equatable {
    /// Its name in the tree.
    package var id: String
    /// The one it is in; nil for the frame's own.
    package var parent: String?
    /// Those in it.
    package var children: [String]
    /// Whether a screen reader passes it over.
    package var isIgnored: Bool
    /// `button`, `link`, `heading` and others of WAI-ARIA 1.2, or Chromium's own.
    package var role: String
    /// What it is called.
    package var name: String
    /// What stands in it, where something may.
    package var value: String?
    /// What else is told of it.
    package var description: String?
    /// `checked`, `disabled`, `level` and others, as text.
    package var properties: [(name: String, value: JSON)]
    /// The node of the document, which keeps this id as long as it is there.
    package var backendNode: Int64?

    init(_ fields: Fields) throws(DevToolsError) {
        func text(_ name: String) -> String? {
            fields.json[name]?["value"].map { $0.string ?? $0.text() }
        }
        id = try fields.string("nodeId")
        parent = fields.json["parentId"]?.string
        children = fields.json["childIds"]?.array?.compactMap(\.string) ?? []
        isIgnored = try fields.bool("ignored")
        role = text("role") ?? "none"
        name = text("name") ?? ""
        value = text("value")
        description = text("description")
        backendNode = fields.json["backendDOMNodeId"]?.integer
        properties =
            fields.json["properties"]?.array?.compactMap { property in
                guard let name = property["name"]?.string, let value = property["value"]?["value"] else { return nil }
                return (name, value)
            } ?? []
    }

    /// Whether both tell the same.
    package static func == (left: AccessibilityNode, right: AccessibilityNode) -> Bool {
        left.id == right.id && left.parent == right.parent && left.children == right.children
            && left.isIgnored == right.isIgnored && left.role == right.role && left.name == right.name
            && left.value == right.value && left.description == right.description
            && left.backendNode == right.backendNode
            && left.properties.elementsEqual(right.properties) { $0.name == $1.name && $0.value == $1.value }
    }

    /// The value of the property `name`; nil when there is none.
    package func property(_ name: String) -> JSON? { properties.first { $0.name == name }?.value }
}
