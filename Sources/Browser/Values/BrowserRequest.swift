package import JSON

/// A request to browser control, by HTTP or by the protocol's `browser.request`.
package struct BrowserRequest: Sendable {
    /// GET, POST or DELETE.
    package var method: String
    /// The path, decoded, without the query: `/tabs/open`.
    package var path: String
    /// The query, decoded.
    package var query: [String: String]
    /// The content.
    package var body: JSON?

    /// A request for `path`, without a query and without content unless they are given.
    package init(method: String, path: String, query: [String: String] = [:], body: JSON? = nil) {
        (self.method, self.path, self.query, self.body) = (method, path, query, body)
    }
}

/// What is answered.
package struct BrowserAnswer: Sendable {
    /// The HTTP status.
    package var status: Int
    /// The content.
    package var body: JSON

    /// An answer.
    package init(status: Int = 200, body: JSON) { (self.status, self.body) = (status, body) }
}
