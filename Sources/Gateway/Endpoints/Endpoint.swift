/// Something served over HTTP beside the protocol. Knows no socket.
public protocol Endpoint: Sendable {
    /// What it is called in metrics.
    var name: String { get }
    /// The longest content of a request, in bytes.
    var bodyLimit: Int { get }

    /// Why nothing is answered to `request`, told by its head alone; nil when it is to be answered.
    func refusal(of request: EndpointRequest) -> EndpointAnswer?

    /// The answer to `request`, which was not refused, with its content. Its task is cancelled when the other end goes
    /// away.
    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer
}
