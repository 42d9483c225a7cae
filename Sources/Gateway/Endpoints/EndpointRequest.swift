import GatewayProtocol
public import Text

/// A request to one of the endpoints beside the protocol: its head, as far as they need it.
public struct EndpointRequest: Sendable {
    /// The method, in upper case.
    public var method: String
    /// The path, still percent-encoded, without the query.
    public var path: String
    /// Where it came from.
    public var origin: RequestOrigin
    /// The secret in `Authorization: Bearer`. One in the address does not count: addresses are logged and passed on.
    public var token: Secret?
    /// Whether a browser sent it for a page of another site.
    public var isFromForeignPage: Bool
    /// The header fields by their names in lower case; of several of one name the first.
    public var headers: [String: String]

    /// A request's head.
    public init(
        method: String, path: String, origin: RequestOrigin, token: Secret?, isFromForeignPage: Bool,
        headers: [String: String]
    ) {
        self.method = method
        self.path = path
        self.origin = origin
        self.token = token
        self.isFromForeignPage = isFromForeignPage
        self.headers = headers
    }

    /// The header field `x-mazelclaw-NAME`, also in the spellings of the programs before this one.
    func ownHeader(_ name: String) -> String? {
        for program in ProductName.all {
            if let value = headers["x-\(program)-\(name)"]?.trimmed, !value.isEmpty { return value }
        }
        return nil
    }
}
