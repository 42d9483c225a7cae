import Configuration
import JSON
import Text
import Time

/// `POST /v1/responses`: an agent as programs ask a model that know the interface OpenResponses describes.
struct Responses: Endpoint {
    static let path = "/v1/responses"

    let gateway: Gateway
    var name: String { Self.path }
    var bodyLimit: Int { Int(clamping: gateway.configuration.content.gateway.http.endpoints.responses.maxBodyBytes) }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? { gateway.apiRefusal(of: request) }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        do {
            let asked = try ResponsesRequest(body)
            let id = UUIDText.random()
            let writer = ResponsesWriter(id: id, model: asked.model, created: gateway.clock.milliseconds / 1000)
            let question = try Question(
                request, model: asked.model, user: asked.user, kind: "openresponses", runID: writer.id,
                messages: asked.messages, pictures: asked.pictures, in: gateway)
            let run = try await question.ask(in: gateway)
            guard asked.isStream else {
                let end = try await gateway.conversations.outcome(of: run).get()
                return EndpointAnswer(200, .json(writer.response(end)))
            }
            return EndpointAnswer(
                200,
                .events { [conversations = gateway.conversations] sink in
                    try await conversations.watch(run) { texts in
                        var events = ResponsesEvents(writer)
                        for event in events.beginning() { try await sink(event) }
                        var sent = SentText()
                        for await text in texts {
                            guard let more = sent.addition(text) else { continue }
                            try await sink(events.delta(more))
                        }
                        switch await conversations.outcome(of: run) {
                        case .success(let end):
                            if let rest = sent.rest(end.text) { try await sink(events.delta(rest)) }
                            for event in events.ending(end, said: sent.text) { try await sink(event) }
                        case .failure(let error): try await sink(events.failure(error, said: sent.text))
                        }
                        try await sink(ServerSentEvent.done)
                    }
                })
        } catch {
            return APIError(error).answer
        }
    }
}
