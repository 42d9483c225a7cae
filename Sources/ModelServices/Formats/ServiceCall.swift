import JSON
import Text

/// One request to a service, as it goes over HTTP.
struct ServiceCall: Sendable {
    /// The whole address.
    let url: String
    /// The header fields, in the order written.
    let headers: [(name: String, value: String)]
    /// What is sent.
    let body: [UInt8]

    /// The call that puts `request` to `model`.
    init(_ request: ModelRequest, to model: ModelDescription, of service: ServiceDescription) {
        let path: String
        var body: JSONObject
        switch model.format {
        case .chatCompletions:
            path = ChatCompletionsWriter.path
            body = ChatCompletionsWriter(request: request, model: model, service: service).body
        case .responses:
            path = ResponsesWriter.path
            body = ResponsesWriter(request: request, model: model, service: service).body
        case .messages:
            path = MessagesWriter.path(at: service.address)
            body = MessagesWriter(request: request, model: model, service: service).body
        }
        for member in request.parameters.more.members { body[member.name] = member.value }
        url = "\(service.address)\(path)"
        headers = Self.headers(of: service, model, isStreaming: body["stream"]?.bool ?? false)
        self.body = JSON.object(body).serialized()
    }

    private static func headers(
        of service: ServiceDescription, _ model: ModelDescription, isStreaming: Bool
    ) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = [
            ("content-type", "application/json"), ("accept", isStreaming ? "text/event-stream" : "application/json"),
            ("user-agent", "mazelclaw"),
        ]
        if model.format == .messages { headers.append(("anthropic-version", MessagesWriter.version)) }
        if let key = service.key?.revealed() {
            if service.hasBearerKey || model.format != .messages {
                headers.append(("authorization", "Bearer \(key)"))
            } else {
                headers.append(("x-api-key", key))
            }
        }
        // What the configuration says counts more than what is made here.
        for (name, value) in service.headers.merging(model.headers, uniquingKeysWith: { $1 }).sorted(by: {
            $0.key < $1.key
        }) {
            headers.removeAll { $0.name == name.lowercased() }
            headers.append((name.lowercased(), value))
        }
        return headers
    }

    /// What reads the answer of `model`.
    static func reader(of model: ModelDescription, of service: ServiceDescription) -> any AnswerReader {
        let source = ModelIdentity(provider: service.id, model: model.id, format: model.format)
        return switch model.format {
        case .chatCompletions: ChatCompletionsReader(source)
        case .responses: ResponsesReader(source)
        case .messages: MessagesReader(source)
        }
    }
}
