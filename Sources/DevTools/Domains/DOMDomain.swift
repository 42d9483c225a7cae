package import JSON

/// Commands of the domain DOM.
package enum DOMDomain {
    /// Something to call a node by in JavaScript.
    package struct ResolveNode: DevToolsCommand {
        package static let method = "DOM.resolveNode"
        /// The node, by the id that it keeps as long as it is there.
        package var node: Int64
        /// What the object is let go of with.
        package var group: String

        /// Something to call `node` by.
        package init(_ node: Int64, group: String) { (self.node, self.group) = (node, group) }

        package var parameters: JSONObject { ["backendNodeId": .integer(node), "objectGroup": .string(group)] }

        /// The object's id.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> String {
            try fields.object("object").string("objectId")
        }
    }

    /// What node an object of JavaScript is.
    package struct DescribeNode: DevToolsCommand {
        package static let method = "DOM.describeNode"
        /// The object's id.
        package var object: String

        /// Of which node `object` is.
        package init(object: String) { self.object = object }

        package var parameters: JSONObject { ["objectId": .string(object)] }

        /// The id that the node keeps as long as it is there.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> Int64 {
            try fields.object("node").integer("backendNodeId")
        }
    }

    /// Which node shows a frame.
    package struct GetFrameOwner: DevToolsCommand {
        package static let method = "DOM.getFrameOwner"
        /// The frame whose element is looked for, such as an `iframe` (`frameId`).
        package var frame: FrameID

        /// What shows `frame`.
        package init(_ frame: FrameID) { self.frame = frame }

        package var parameters: JSONObject { ["frameId": .string(frame.text)] }

        /// The id that the node keeps as long as it is there.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> Int64 {
            try fields.integer("backendNodeId")
        }
    }

    /// Brings a node into view.
    package struct ScrollIntoViewIfNeeded: DevToolsCommand {
        package static let method = "DOM.scrollIntoViewIfNeeded"
        /// The node to scroll to, by its id in the back end (`backendNodeId`).
        package var node: Int64

        /// Brings `node` into view.
        package init(_ node: Int64) { self.node = node }

        package var parameters: JSONObject { ["backendNodeId": .integer(node)] }
    }

    /// Gives a node the focus.
    package struct Focus: DevToolsCommand {
        package static let method = "DOM.focus"
        /// The node to focus, by its id in the back end (`backendNodeId`).
        package var node: Int64

        /// Gives `node` the focus.
        package init(_ node: Int64) { self.node = node }

        package var parameters: JSONObject { ["backendNodeId": .integer(node)] }
    }

    /// Where a node is seen.
    package struct GetContentQuads: DevToolsCommand {
        package static let method = "DOM.getContentQuads"
        /// The node to measure, by its id in the back end (`backendNodeId`).
        package var node: Int64

        /// Where `node` is.
        package init(_ node: Int64) { self.node = node }

        package var parameters: JSONObject { ["backendNodeId": .integer(node)] }

        /// The parts it is in, as the smallest rectangles around them, from the corner of what is seen.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> [Rectangle] {
            var rectangles: [Rectangle] = []
            guard let quads = fields.json["quads"]?.array else {
                throw .malformed(source: Self.method, member: "quads")
            }
            for quad in quads {
                let numbers = quad.array?.compactMap(\.number) ?? []
                guard numbers.count == 8 else { throw .malformed(source: Self.method, member: "quads") }
                let across = stride(from: 0, to: 8, by: 2).map { numbers[$0] }
                let down = stride(from: 1, to: 8, by: 2).map { numbers[$0] }
                guard let left = across.min(), let right = across.max(), let top = down.min(), let bottom = down.max()
                else { continue }
                rectangles.append(Rectangle(x: left, y: top, width: right - left, height: bottom - top))
            }
            return rectangles
        }
    }
}
