import NIOHTTP1

/// One row of the routing table: a path, the methods allowed there, and the answer.
struct Route: Sendable {
    let path: String
    private let fits: @Sendable (String) -> Bool
    private let methods: [HTTPMethod]
    /// Whether its answer looks at files, and so may have to wait for a disk.
    let looksAtFiles: Bool
    let answer: @Sendable (HTTPRequest) -> HTTPResponse

    /// Exactly `path`.
    init(
        _ path: String, methods: [HTTPMethod] = [.GET, .HEAD], answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        self.path = path
        self.methods = methods
        self.answer = answer
        looksAtFiles = false
        fits = { $0 == path }
    }

    /// `prefix` and every path below it.
    init(
        under prefix: String, methods: [HTTPMethod] = [.GET, .HEAD], looksAtFiles: Bool,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        path = prefix
        self.methods = methods
        self.answer = answer
        self.looksAtFiles = looksAtFiles
        fits = { $0 == prefix || $0.hasPrefix(prefix + "/") }
    }

    /// The paths that `fits` says, called `name`.
    init(
        _ name: String, matching fits: @escaping @Sendable (String) -> Bool, methods: [HTTPMethod] = [.GET, .HEAD],
        looksAtFiles: Bool, answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        path = name
        self.fits = fits
        self.looksAtFiles = looksAtFiles
        self.methods = methods
        self.answer = answer
    }

    func matches(_ path: String) -> Bool { fits(path) }

    func allows(_ method: HTTPMethod) -> Bool { methods.contains(method) }

    /// The methods as the `Allow` header lists them.
    var allowed: String { methods.map(\.rawValue).joined(separator: ", ") }
}
