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
        /// Whose scripts it is for; nil for the page's own.
        package var context: Int64?

        /// Something to call `node` by.
        package init(_ node: Int64, group: String, in context: Int64? = nil) {
            (self.node, self.group, self.context) = (node, group, context)
        }

        package var parameters: JSONObject {
            var parameters: JSONObject = ["backendNodeId": .integer(node), "objectGroup": .string(group)]
            parameters["executionContextId"] = context.map(JSON.integer)
            return parameters
        }

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

    /// Which frame a node shows.
    package struct DescribeFrameOwner: DevToolsCommand {
        package static let method = "DOM.describeNode"
        /// The node, by the id that it keeps as long as it is there.
        package var node: Int64

        /// Which frame `node` shows.
        package init(_ node: Int64) { self.node = node }

        package var parameters: JSONObject { ["backendNodeId": .integer(node)] }

        /// The frame; nil when the node shows none.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> FrameID? {
            try fields.object("node").json["frameId"]?.string.map(FrameID.init)
        }
    }

    /// Has an input hold files.
    package struct SetFileInputFiles: DevToolsCommand {
        package static let method = "DOM.setFileInputFiles"
        /// The paths, as the browser sees them.
        package var files: [String]
        /// The input.
        package var node: Int64

        /// Has `node` hold `files`.
        package init(_ files: [String], in node: Int64) { (self.files, self.node) = (files, node) }

        package var parameters: JSONObject {
            ["files": .array(files.map(JSON.string)), "backendNodeId": .integer(node)]
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

    /// Where the content of a node is.
    package struct GetBoxModel: DevToolsCommand {
        package static let method = "DOM.getBoxModel"
        /// The node's id in the browser (`backendNodeId`).
        package var node: Int64

        /// Where the content of `node` is.
        package init(_ node: Int64) { self.node = node }

        package var parameters: JSONObject { ["backendNodeId": .integer(node)] }

        /// The smallest rectangle around it, from the corner of what is seen.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> Rectangle {
            guard let place = Rectangle(quad: try fields.object("model").json["content"]) else {
                throw .malformed(source: method, member: "model.content")
            }
            return place
        }
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
                guard let rectangle = Rectangle(quad: quad) else {
                    throw .malformed(source: Self.method, member: "quads")
                }
                rectangles.append(rectangle)
            }
            return rectangles
        }
    }
}

extension Rectangle {
    /// The smallest one around the four points of `quad`, each with its distance from the left and from above; nil when it
    /// is no such list.
    fileprivate init?(quad: JSON?) {
        let numbers = quad?.array?.compactMap(\.number) ?? []
        guard numbers.count == 8 else { return nil }
        let across = stride(from: 0, to: 8, by: 2).map { numbers[$0] }
        let down = stride(from: 1, to: 8, by: 2).map { numbers[$0] }
        guard let left = across.min(), let right = across.max(), let top = down.min(), let bottom = down.max()
        else { return nil }
        self.init(x: left, y: top, width: right - left, height: bottom - top)
    }
}
