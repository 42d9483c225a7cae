package import JSON

/// Commands and events of the domains Network and Storage.
package enum NetworkDomain {
    /// Has events come.
    package struct Enable: DevToolsCommand {
        package static let method = "Network.enable"

        /// From now on.
        package init() {}
    }

    /// The cookies that the page's requests carry.
    package struct GetCookies: DevToolsCommand {
        package static let method = "Network.getCookies"

        /// Asks for them.
        package init() {}

        /// The cookies as the protocol has them.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> [JSON] {
            try fields.array("cookies").map(\.json)
        }
    }

    /// The command `Network.setCookie`: stores a cookie, in place of one of the same name, domain and path.
    package struct SetCookie: DevToolsCommand {
        package static let method = "Network.setCookie"
        /// As the protocol has it: `name`, `value`, `url` and others.
        package var cookie: JSONObject

        /// Sets `cookie`.
        package init(_ cookie: JSONObject) { self.cookie = cookie }

        package var parameters: JSONObject { cookie }

        /// Whether it was set.
        package static func answer(_ fields: Fields) throws(DevToolsError) -> Bool { try fields.bool("success") }
    }

    /// Forgets all cookies.
    package struct ClearBrowserCookies: DevToolsCommand {
        package static let method = "Network.clearBrowserCookies"

        /// Forgets them.
        package init() {}
    }

    /// Something is asked of a server.
    package struct RequestWillBeSent: DevToolsEvent {
        package static let method = "Network.requestWillBeSent"
        /// Its name among requests. One that is redirected keeps it.
        package var id: String
        /// Of whom.
        package var url: String
        /// How.
        package var verb: String
        /// What for: `Document`, `Script`, `Fetch` and others.
        package var type: String
        /// When, in seconds since 1970.
        package var wallTime: Double

        package init(_ fields: Fields) throws(DevToolsError) {
            let request = try fields.object("request")
            id = try fields.string("requestId")
            url = try request.string("url")
            verb = try request.string("method")
            type = fields.json["type"]?.string ?? "Other"
            wallTime = try fields.number("wallTime")
        }
    }

    /// A server answers.
    package struct ResponseReceived: DevToolsEvent {
        package static let method = "Network.responseReceived"
        /// The request.
        package var id: String
        /// The HTTP status.
        package var status: Int64

        package init(_ fields: Fields) throws(DevToolsError) {
            id = try fields.string("requestId")
            status = try fields.object("response").integer("status")
        }
    }

    /// A request came to nothing.
    package struct LoadingFailed: DevToolsEvent {
        package static let method = "Network.loadingFailed"
        /// The request.
        package var id: String
        /// Why: `net::ERR_CONNECTION_REFUSED`.
        package var errorText: String

        package init(_ fields: Fields) throws(DevToolsError) {
            id = try fields.string("requestId")
            errorText = try fields.string("errorText")
        }
    }
}
