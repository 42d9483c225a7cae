package import JSON

/// Commands and events of the domain Page.
package enum PageDomain {
    /// Has events come.
    package struct Enable: DevToolsCommand {
        package static let method = "Page.enable"

        /// From now on.
        package init() {}
    }

    /// Tells of the stages in which a document is loaded too, those that were there before included.
    package struct SetLifecycleEventsEnabled: DevToolsCommand {
        package static let method = "Page.setLifecycleEventsEnabled"

        /// From now on.
        package init() {}

        package var parameters: JSONObject { ["enabled": true] }
    }

    /// Goes to an address.
    package struct Navigate: DevToolsCommand {
        package static let method = "Page.navigate"

        /// What came of it when the document began to come, or did not.
        package struct Answer: Sendable, Equatable {
            /// The frame that was navigated (`frameId`).
            package var frame: FrameID
            /// The document; nil when it stayed the same one, as with a fragment.
            package var loader: String?
            /// Why none came: `net::ERR_CONNECTION_REFUSED`.
            package var errorText: String?
        }

        /// Where to.
        package var url: String

        /// Goes to `url`.
        package init(url: String) { self.url = url }

        package var parameters: JSONObject { ["url": .string(url)] }

        package static func answer(_ fields: Fields) throws(DevToolsError) -> Answer {
            Answer(
                frame: FrameID(try fields.string("frameId")), loader: fields.json["loaderId"]?.string,
                errorText: fields.json["errorText"]?.string)
        }
    }

    /// Loads the document anew.
    package struct Reload: DevToolsCommand {
        package static let method = "Page.reload"

        /// Loads it anew.
        package init() {}
    }

    /// Shows the page in front of the others.
    package struct BringToFront: DevToolsCommand {
        package static let method = "Page.bringToFront"

        /// Shows it.
        package init() {}
    }

    /// The frames of the session's target, without those that have a process of their own.
    package struct GetFrameTree: DevToolsCommand {
        package static let method = "Page.getFrameTree"

        /// Asks for them.
        package init() {}

        /// The frames, each before those in it.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> [FrameInfo] {
            var frames: [FrameInfo] = []
            var open = [try fields.object("frameTree")]
            while let tree = open.popLast() {
                frames.append(try FrameInfo(tree.object("frame")))
                guard tree.json["childFrames"] != nil else { continue }
                open += try tree.array("childFrames").reversed()
            }
            return frames
        }
    }

    /// The sizes of the page.
    package struct GetLayoutMetrics: DevToolsCommand {
        package static let method = "Page.getLayoutMetrics"

        /// Sizes in CSS pixels.
        package struct Answer: Sendable, Equatable {
            /// What is seen: where it begins in the page, and how large it is.
            package var visible: Rectangle
            /// The scrollable area: all of the page, seen or not (`cssContentSize`).
            package var content: Rectangle
        }

        /// Asks for them.
        package init() {}

        package static func answer(_ fields: Fields) throws(DevToolsError) -> Answer {
            let visible = try fields.object("cssLayoutViewport")
            return Answer(
                visible: Rectangle(
                    x: try visible.number("pageX"), y: try visible.number("pageY"),
                    width: try visible.number("clientWidth"), height: try visible.number("clientHeight")),
                content: try Rectangle(fields.object("cssContentSize")))
        }
    }

    /// Takes a picture.
    package struct CaptureScreenshot: DevToolsCommand {
        /// What the picture is written as.
        package enum Format: String, Sendable {
            case png, jpeg
        }

        package static let method = "Page.captureScreenshot"
        /// What it is written as.
        package var format: Format
        /// Of JPEG, from 0 to 100.
        package var quality: Int64?
        /// The part of the page, in CSS pixels; nil for what is seen.
        package var clip: Rectangle?

        /// A picture of `clip`, or of what is seen.
        package init(format: Format = .png, quality: Int64? = nil, clip: Rectangle? = nil) {
            (self.format, self.quality, self.clip) = (format, quality, clip)
        }

        package var parameters: JSONObject {
            var parameters: JSONObject = ["format": .string(format.rawValue)]
            if format == .jpeg { parameters["quality"] = quality.map(JSON.integer) }
            if let clip {
                parameters["clip"] = [
                    "x": .double(clip.x), "y": .double(clip.y), "width": .double(clip.width),
                    "height": .double(clip.height), "scale": 1,
                ]
                parameters["captureBeyondViewport"] = true
            }
            return parameters
        }

        /// The picture in base 64.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> String { try fields.string("data") }
    }

    /// The command `Page.printToPDF`: prints the page as a PDF document.
    package struct PrintToPDF: DevToolsCommand {
        package static let method = "Page.printToPDF"

        /// Prints it with backgrounds. It is read piece by piece then, by the commands of the domain IO.
        package init() {}

        package var parameters: JSONObject { ["printBackground": true, "transferMode": "ReturnAsStream"] }

        /// The stream that the document is in.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> String { try fields.string("stream") }
    }

    /// Answers a dialog.
    package struct HandleJavaScriptDialog: DevToolsCommand {
        package static let method = "Page.handleJavaScriptDialog"
        /// Whether it is agreed to.
        package var accepts: Bool
        /// What is typed into a prompt.
        package var text: String?

        /// Agrees to the dialog, or not.
        package init(accepts: Bool, text: String? = nil) { (self.accepts, self.text) = (accepts, text) }

        package var parameters: JSONObject {
            var parameters: JSONObject = ["accept": .bool(accepts)]
            parameters["promptText"] = text.map(JSON.string)
            return parameters
        }
    }

    /// A page shows a dialog, and does nothing else until that is answered.
    package struct JavaScriptDialogOpening: DevToolsEvent {
        package static let method = "Page.javascriptDialogOpening"
        /// The address of the document that shows it.
        package var url: String
        /// What it says.
        package var message: String
        /// `alert`, `confirm`, `prompt` or `beforeunload`.
        package var type: String
        /// What stands in a prompt already.
        package var defaultPrompt: String

        package init(_ fields: Fields) throws(DevToolsError) {
            url = try fields.string("url")
            message = try fields.string("message")
            type = try fields.string("type")
            defaultPrompt = fields.json["defaultPrompt"]?.string ?? ""
        }
    }

    /// Has the page's file choosers told of in place of being shown.
    package struct SetInterceptFileChooserDialog: DevToolsCommand {
        package static let method = "Page.setInterceptFileChooserDialog"
        /// Whether they are.
        package var isEnabled: Bool

        /// They are from now on, or are not any more.
        package init(_ isEnabled: Bool) { self.isEnabled = isEnabled }

        package var parameters: JSONObject { ["enabled": .bool(isEnabled)] }
    }

    /// Makes a place for scripts in a frame that see its document and not its own scripts.
    package struct CreateIsolatedWorld: DevToolsCommand {
        package static let method = "Page.createIsolatedWorld"
        /// Which frame.
        package var frame: FrameID
        /// What it is called. One of the same name is used again.
        package var name: String

        /// A place called `name` in `frame`.
        package init(_ frame: FrameID, name: String) { (self.frame, self.name) = (frame, name) }

        package var parameters: JSONObject { ["frameId": .string(frame.text), "worldName": .string(name)] }

        /// What scripts are run there by.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> Int64 {
            try fields.integer("executionContextId")
        }
    }

    /// A page would show a file chooser.
    package struct FileChooserOpened: DevToolsEvent {
        package static let method = "Page.fileChooserOpened"
        /// Whether more than one file may be chosen.
        package var takesSeveral: Bool
        /// The element that it is for; nil when a script asked without one.
        package var node: Int64?

        package init(_ fields: Fields) throws(DevToolsError) {
            takesSeveral = try fields.string("mode") == "selectMultiple"
            node = fields.json["backendNodeId"]?.integer
        }
    }

    /// A dialog was answered, by whomever.
    package struct JavaScriptDialogClosed: DevToolsEvent {
        package static let method = "Page.javascriptDialogClosed"
        /// Whether it was agreed to.
        package var isAccepted: Bool

        package init(_ fields: Fields) throws(DevToolsError) { isAccepted = try fields.bool("result") }
    }

    /// The page was loaded with all that is in it.
    package struct LoadEventFired: DevToolsEvent {
        package static let method = "Page.loadEventFired"

        package init(_ fields: Fields) throws(DevToolsError) {}
    }

    /// A document reached a stage of its loading.
    package struct LifecycleEvent: DevToolsEvent {
        package static let method = "Page.lifecycleEvent"
        /// The frame whose document it is (`frameId`).
        package var frame: FrameID
        /// The document.
        package var loader: String
        /// The stage: `init`, `DOMContentLoaded`, `load`, `networkIdle` and others.
        package var name: String

        package init(_ fields: Fields) throws(DevToolsError) {
            frame = FrameID(try fields.string("frameId"))
            loader = try fields.string("loaderId")
            name = try fields.string("name")
        }
    }

    /// There is a new frame.
    package struct FrameAttached: DevToolsEvent {
        package static let method = "Page.frameAttached"
        /// Which.
        package var frame: FrameID
        /// The one it is in.
        package var parent: FrameID

        package init(_ fields: Fields) throws(DevToolsError) {
            frame = FrameID(try fields.string("frameId"))
            parent = FrameID(try fields.string("parentFrameId"))
        }
    }

    /// A frame shows another document.
    package struct FrameNavigated: DevToolsEvent {
        package static let method = "Page.frameNavigated"
        /// What it is now.
        package var frame: FrameInfo

        package init(_ fields: Fields) throws(DevToolsError) { frame = try FrameInfo(fields.object("frame")) }
    }

    /// A frame is gone from the session's target.
    package struct FrameDetached: DevToolsEvent {
        package static let method = "Page.frameDetached"
        /// Which.
        package var frame: FrameID
        /// Whether it goes on in another process, and so in another session.
        package var isSwap: Bool

        package init(_ fields: Fields) throws(DevToolsError) {
            frame = FrameID(try fields.string("frameId"))
            isSwap = fields.json["reason"]?.string == "swap"
        }
    }
}

/// What a frame is.
package struct FrameInfo: Sendable, Equatable {
    /// Its name among frames.
    package var id: FrameID
    /// The one it is in; nil for a page's own, and for one that its session sees nothing around.
    package var parent: FrameID?
    /// What it shows.
    package var url: String
    /// What the page calls it; empty when it has no name.
    package var name: String

    /// A frame with these values, as an event or an answer would describe it.
    package init(id: FrameID, parent: FrameID?, url: String, name: String) {
        (self.id, self.parent, self.url, self.name) = (id, parent, url, name)
    }

    init(_ fields: Fields) throws(DevToolsError) {
        self.init(
            id: FrameID(try fields.string("id")), parent: fields.json["parentId"]?.string.map(FrameID.init),
            url: try fields.string("url") + (fields.json["urlFragment"]?.string ?? ""),
            name: fields.json["name"]?.string ?? "")
    }
}

/// A part of a page, in CSS pixels.
package struct Rectangle: Sendable, Equatable {
    /// Its left edge.
    package var x: Double
    /// Its upper edge.
    package var y: Double
    /// How wide it is.
    package var width: Double
    /// How high it is.
    package var height: Double

    /// A part.
    package init(x: Double, y: Double, width: Double, height: Double) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    init(_ fields: Fields) throws(DevToolsError) {
        self.init(
            x: try fields.number("x"), y: try fields.number("y"), width: try fields.number("width"),
            height: try fields.number("height"))
    }
}
