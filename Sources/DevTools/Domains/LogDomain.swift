import JSON

/// Commands and events of the domain Log.
package enum LogDomain {
    /// Has events come: those that were there before first.
    package struct Enable: DevToolsCommand {
        package static let method = "Log.enable"

        /// From now on.
        package init() {}
    }

    /// The browser has something to say about a page.
    package struct EntryAdded: DevToolsEvent {
        package static let method = "Log.entryAdded"
        /// `verbose`, `info`, `warning` or `error`.
        package var level: String
        /// What it says.
        package var text: String
        /// What it is about; empty when nothing is named.
        package var url: String
        /// When, in milliseconds since 1970.
        package var timestamp: Double

        package init(_ fields: Fields) throws(DevToolsError) {
            let entry = try fields.object("entry")
            level = try entry.string("level")
            text = try entry.string("text")
            url = entry.json["url"]?.string ?? ""
            timestamp = try entry.number("timestamp")
        }
    }
}
