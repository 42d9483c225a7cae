import Configuration
import JSON
import Text
import Time

/// `POST /v1/responses`: an agent as programs ask a model that know the interface OpenResponses describes.
struct Responses: Endpoint {
    static let path = "/v1/responses"

    let access: AccessControl
    let questions: Questions
    let bodyLimit: Int
    var name: String { Self.path }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? { access.refusal(of: request) }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        do {
            let asked = try ResponsesRequest(body)
            let id = UUIDText.random()
            let writer = ResponsesWriter(id: id, model: asked.model, created: questions.clock.milliseconds / 1000)
            let question = try Question(
                request, model: asked.model, user: asked.user, kind: "openresponses", runID: writer.id,
                messages: asked.messages, pictures: asked.pictures, to: questions)
            let run = try await questions.ask(question)
            guard asked.isStream else {
                let end = try await questions.conversations.outcome(of: run).get()
                return EndpointAnswer(200, .json(writer.response(end)))
            }
            return EndpointAnswer(
                200,
                .events { [conversations = questions.conversations] sink in
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
