import Configuration

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

extension Gateway {
    /// The endpoint at `path`, when the configuration has one served there now.
    public func endpoint(at path: String) -> (any Endpoint)? {
        // First: whoever configures them at the path of something else wants them there.
        if let hooks = Hooks(self, at: path) { return hooks }
        let endpoints = configuration.content.gateway.http.endpoints
        return switch path {
        case ChatCompletions.path where endpoints.chatCompletions.enabled: ChatCompletions(gateway: self)
        case Responses.path where endpoints.responses.enabled: Responses(gateway: self)
        case ToolInvocation.path: ToolInvocation(gateway: self)
        case Metrics.path: Metrics(gateway: self)
        default: nil
        }
    }

    /// Counts a request over HTTP for `route`, which is one of a known few, and the status it was answered with.
    public func countRequest(route: String, status: UInt) {
        httpTally.add(route, "\(status)")
    }

    /// Does what a request over HTTP asks for; cancelled, and waited for, when the gateway ends.
    public func perform(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        tasks.start(work)
    }
}
