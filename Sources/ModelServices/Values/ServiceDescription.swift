public import Text

/// A model service: where it is, and what it is told to let one in.
public struct ServiceDescription: Sendable {
    /// Its id in the configuration.
    public var id: String
    /// Where it is.
    public var address: ServiceAddress
    /// The key; nil for a service that asks for none.
    public var key: Secret?
    /// Whether the key goes into `Authorization: Bearer` also where the format has another place for it. Default false.
    public var hasBearerKey: Bool
    /// More header fields of every request. Their values count as secrets.
    public var headers: [String: String]

    /// The service `id` at `address`.
    public init(
        id: String, address: ServiceAddress, key: Secret? = nil, hasBearerKey: Bool = false,
        headers: [String: String] = [:]
    ) {
        self.id = id
        self.address = address
        self.key = key
        self.hasBearerKey = hasBearerKey
        self.headers = headers
    }
}
