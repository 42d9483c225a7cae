import JSON
import Text
import Time

/// `POST /v1/chat/completions`: an agent as programs ask a model that know OpenAI's interface.
struct ChatCompletions: Endpoint {
    static let path = "/v1/chat/completions"

    let access: AccessControl
    let questions: Questions
    var name: String { Self.path }
    var bodyLimit: Int { 1 << 20 }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? { access.refusal(of: request) }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        do {
            let asked = try ChatCompletionRequest(body)
            let writer = ChatCompletionWriter(
                id: "chatcmpl_\(UUIDText.random())", model: asked.model, created: questions.clock.milliseconds / 1000)
            let question = try Question(
                request, model: asked.model, user: asked.user, kind: "openai", runID: writer.id,
                messages: asked.messages, pictures: asked.pictures, to: questions)
            let run = try await questions.ask(question)
            guard asked.isStream else {
                return EndpointAnswer(
                    200, .json(writer.whole(try await questions.conversations.outcome(of: run).get())))
            }
            return EndpointAnswer(
                200,
                .events { [conversations = questions.conversations] sink in
                    try await conversations.watch(run) { texts in
                        var sent = SentText()
                        try await sink(ServerSentEvent.text(writer.chunk(["role": "assistant"])))
                        for await text in texts {
                            guard let more = sent.addition(text) else { continue }
                            try await sink(ServerSentEvent.text(writer.chunk(["content": .string(more)])))
                        }
                        switch await conversations.outcome(of: run) {
                        case .success(let end):
                            if let rest = sent.rest(end.text) {
                                try await sink(ServerSentEvent.text(writer.chunk(["content": .string(rest)])))
                            }
                            try await sink(ServerSentEvent.text(writer.chunk([:], finishReason: "stop")))
                            if asked.includesUsage { try await sink(ServerSentEvent.text(writer.usageChunk(end))) }
                        case .failure(let error): try await sink(ServerSentEvent.text(error.json))
                        }
                        try await sink(ServerSentEvent.done)
                    }
                })
        } catch {
            return APIError(error).answer
        }
    }
}
