import JSON
import Text
import Time

/// `POST` to an agent, as programs ask a model that know one of the interfaces models are asked by.
///
/// Who may ask, which agent and session it is for, how the answer is followed and how it ends are the same for all of
/// them; an interface says only how requests are read and answers are written.
struct ModelEndpoint<Interface: ModelInterface>: Endpoint {
    let access: AccessControl
    let questions: Questions
    let bodyLimit: Int
    var name: String { Interface.path }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? { access.refusal(of: request) }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        do {
            let interface = try Interface(try APIBody.object(body))
            let asked = interface.request
            let writer = interface.writer(UUIDText.random(), created: questions.clock.milliseconds / 1000)
            var previous: SessionKey?
            if let id = interface.previousID { previous = try await questions.session(answeredAs: id) }
            let question = try Question(
                request, asked, kind: Interface.sessionKind, continuing: previous, runID: writer.id, to: questions)
            let run = try await questions.ask(question)
            let conversations = questions.conversations
            guard asked.isStream else {
                return EndpointAnswer(200, .json(writer.whole(try await conversations.outcome(of: run).get())))
            }
            return EndpointAnswer(
                200,
                .events { sink in
                    try await conversations.watch(run) { texts in
                        try await Self.tell(of: run, texts, writer, conversations, to: sink)
                    }
                })
        } catch {
            return APIError(error).answer
        }
    }

    /// Sends the answer of `run` as it grows, and how it ended.
    private static func tell(
        of run: ActiveRun, _ texts: AsyncStream<String>, _ writer: Interface.Writer, _ conversations: Conversations,
        to sink: EndpointAnswer.Sink
    ) async throws {
        var (writer, sent) = (writer, SentText())
        for event in writer.beginning() { try await sink(event) }
        for await text in texts {
            guard let more = sent.addition(text) else { continue }
            try await sink(writer.addition(more))
        }
        switch await conversations.outcome(of: run) {
        case .success(let end):
            if let rest = sent.rest(end.text) { try await sink(writer.addition(rest)) }
            for event in writer.ending(end, said: sent.text) { try await sink(event) }
        case .failure(let error): try await sink(writer.failure(error, said: sent.text))
        }
        try await sink(ServerSentEvent.done)
    }
}

/// An interface that models are asked by: a request of it, and how that is answered.
protocol ModelInterface {
    associatedtype Writer: AnswerWriter

    /// Where it is served.
    static var path: String { get }
    /// What sessions are called by that begin with it.
    static var sessionKind: String { get }

    /// Reads a request. Throws `APIError`.
    init(_ body: JSON) throws(APIError)

    /// What is asked.
    var request: AnswerRequest { get }

    /// The id of the answer whose conversation is to go on; nil where none is named.
    var previousID: String? { get }

    /// What writes the answer.
    ///
    /// - Parameters:
    ///   - uuid: what its ids are made of.
    ///   - created: now, in seconds since 1970.
    func writer(_ uuid: String, created: Int64) -> Writer
}

extension ModelInterface {
    var previousID: String? { nil }
}

/// Writes the answer of one run: whole, or as server-sent events in their order.
protocol AnswerWriter: Sendable {
    /// The id of the answer, and of the run.
    var id: String { get }

    /// The whole answer.
    func whole(_ end: RunEnd) -> JSON

    /// The events before anything is said.
    mutating func beginning() -> [[UInt8]]
    /// The event that `text` was said, after what was said before.
    mutating func addition(_ text: String) -> [UInt8]
    /// The events of the end, after `text` was said.
    mutating func ending(_ end: RunEnd, said text: String) -> [[UInt8]]
    /// The event that it came to no answer, after `text` was said.
    mutating func failure(_ error: APIError, said text: String) -> [UInt8]
}
