import NIOHTTP1

/// One row of the routing table: a path, the methods allowed there, and the answer.
struct Route: Sendable {
    let path: String
    private let isPrefix: Bool
    private let methods: [HTTPMethod]
    let answer: @Sendable (HTTPRequest) -> HTTPResponse

    /// Exactly `path`.
    init(
        _ path: String, methods: [HTTPMethod] = [.GET, .HEAD], answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        self.path = path
        self.methods = methods
        self.answer = answer
        isPrefix = false
    }

    /// `prefix` and every path below it.
    init(
        under prefix: String, methods: [HTTPMethod] = [.GET, .HEAD],
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        path = prefix
        self.methods = methods
        self.answer = answer
        isPrefix = true
    }

    func matches(_ path: String) -> Bool {
        path == self.path || isPrefix && path.hasPrefix(self.path + "/")
    }

    func allows(_ method: HTTPMethod) -> Bool { methods.contains(method) }

    /// The methods as the `Allow` header lists them.
    var allowed: String { methods.map(\.rawValue).joined(separator: ", ") }
}
