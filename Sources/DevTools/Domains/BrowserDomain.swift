package import JSON

/// Commands and events of the domain Browser.
package enum BrowserDomain {
    /// What the browser is.
    package struct GetVersion: DevToolsCommand {
        package static let method = "Browser.getVersion"

        /// What the browser says of itself.
        package struct Answer: Sendable, Equatable {
            /// The version of the protocol that it speaks: `1.3`.
            package var protocolVersion: String
            /// Name and version: `HeadlessChrome/156.0.8078.114`.
            package var product: String
            /// What it tells servers.
            package var userAgent: String
        }

        /// Asks for it.
        package init() {}

        package static func answer(_ fields: Fields) throws(DevToolsError) -> Answer {
            Answer(
                protocolVersion: try fields.string("protocolVersion"), product: try fields.string("product"),
                userAgent: try fields.string("userAgent"))
        }
    }

    /// Ends the browser.
    package struct Close: DevToolsCommand {
        package static let method = "Browser.close"

        /// Ends it.
        package init() {}
    }

    /// What becomes of downloads.
    package struct SetDownloadBehavior: DevToolsCommand {
        package static let method = "Browser.setDownloadBehavior"

        /// What becomes of a download.
        package enum Behavior: Sendable, Equatable {
            case deny
            /// It is kept in a directory, under its GUID.
            case keep(directory: String)
        }

        /// What becomes of them.
        package var behavior: Behavior

        /// Downloads are treated like this from now on, and told of.
        package init(_ behavior: Behavior) { self.behavior = behavior }

        package var parameters: JSONObject {
            switch behavior {
            case .deny: ["behavior": "deny", "eventsEnabled": true]
            case .keep(let directory):
                ["behavior": "allowAndName", "downloadPath": .string(directory), "eventsEnabled": true]
            }
        }
    }

    /// Ends a download before it is complete.
    package struct CancelDownload: DevToolsCommand {
        package static let method = "Browser.cancelDownload"
        /// Which.
        package var guid: String

        /// Ends the download `guid`.
        package init(_ guid: String) { self.guid = guid }

        package var parameters: JSONObject { ["guid": .string(guid)] }
    }

    /// The event `Browser.downloadWillBegin`: a page is about to start a download.
    package struct DownloadWillBegin: DevToolsEvent {
        package static let method = "Browser.downloadWillBegin"
        /// The frame that it comes from.
        package var frame: FrameID
        /// Its name among downloads, and the name of its file.
        package var guid: String
        /// Where it comes from.
        package var url: String
        /// What the server would call the file. Nothing keeps it from being a path.
        package var suggestedName: String

        package init(_ fields: Fields) throws(DevToolsError) {
            frame = FrameID(try fields.string("frameId"))
            guid = try fields.string("guid")
            url = try fields.string("url")
            suggestedName = try fields.string("suggestedFilename")
        }
    }

    /// A download goes on or ends.
    package struct DownloadProgress: DevToolsEvent {
        /// How far it is.
        package enum State: String, Sendable {
            case inProgress, completed, canceled
        }

        package static let method = "Browser.downloadProgress"
        /// Its name among downloads.
        package var guid: String
        /// What came so far, in bytes.
        package var receivedBytes: Double
        /// How much it is to be, in bytes; 0 when nobody knows.
        package var totalBytes: Double
        /// How far it is.
        package var state: State

        package init(_ fields: Fields) throws(DevToolsError) {
            guid = try fields.string("guid")
            receivedBytes = try fields.number("receivedBytes")
            totalBytes = try fields.number("totalBytes")
            guard let state = State(rawValue: try fields.string("state")) else {
                throw .malformed(source: Self.method, member: "state")
            }
            self.state = state
        }
    }
}
