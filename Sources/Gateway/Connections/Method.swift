import GatewayProtocol
import JSON

/// A method clients may call: its name, who may, what it takes, what it answers, and how it comes to that.
///
/// One description from which come the check of the parameters, the list in hello-ok and the reference page.
/// In debug builds every answer is held against its description.
final class Method: Sendable {
    /// Who may call a method.
    enum Access: Equatable, Sendable {
        /// Operators with this scope.
        case scope(Scope)
        /// Connections of the role `node`.
        case node
    }

    /// How the answer comes about, from the raw parameters.
    enum Body: Sendable {
        /// At once, on the event loop: nothing here may wait.
        case immediate(@Sendable (MethodCall, JSON) throws -> JSON?)
        /// What it returns runs in a task of its own, which may wait.
        case awaiting(@Sendable (MethodCall, JSON) throws -> Waiting)
    }

    /// The part of an answer that may wait.
    typealias Waiting = @Sendable () async throws -> JSON?

    let name: String
    let access: Access
    /// Whether hello-ok lists it.
    let isAdvertised: Bool
    /// What it is for: one sentence.
    let summary: String
    /// The parameters.
    let fields: [FieldDescription]
    /// The payload of the answer.
    let answer: Shape<JSON>
    /// What is wrong with parameters.
    let faults: @Sendable (JSON) -> Faults
    let body: Body

    /// A method whose answer needs no waiting. `answer` runs on the event loop.
    static func immediate<Parameters: Sendable>(
        _ name: String, _ access: Access, _ summary: String, isAdvertised: Bool = true,
        _ parameters: Schema<Parameters>, answer: Shape<JSON>,
        _ body: @escaping @Sendable (MethodCall, Parameters) throws -> JSON?
    ) -> Method {
        Method(name, access, summary, isAdvertised, parameters, answer) { read in
            .immediate { call, json in try body(call, read(json)) }
        }
    }

    /// A method that may wait: for the database, for a run, for another client. `body` runs in a task of its
    /// own, beside the other requests of its connection, and is cancelled when the gateway ends.
    static func awaiting<Parameters: Sendable>(
        _ name: String, _ access: Access, _ summary: String, isAdvertised: Bool = true,
        _ parameters: Schema<Parameters>, answer: Shape<JSON>,
        _ body: @escaping @Sendable (MethodCall, Parameters) async throws -> JSON?
    ) -> Method {
        Method(name, access, summary, isAdvertised, parameters, answer) { read in
            .awaiting { call, json in
                let parameters = try read(json)
                return { try await body(call, parameters) }
            }
        }
    }

    /// A method that takes its turn at once, and then may wait. `begin` runs on the event loop, for the requests of a
    /// connection in the order in which they came; what it returns runs as the body of `awaiting` does.
    static func ordered<Parameters: Sendable>(
        _ name: String, _ access: Access, _ summary: String, isAdvertised: Bool = true,
        _ parameters: Schema<Parameters>, answer: Shape<JSON>,
        _ begin: @escaping @Sendable (MethodCall, Parameters) throws -> Waiting
    ) -> Method {
        Method(name, access, summary, isAdvertised, parameters, answer) { read in
            .awaiting { call, json in try begin(call, read(json)) }
        }
    }

    private init<Parameters: Sendable>(
        _ name: String, _ access: Access, _ summary: String, _ isAdvertised: Bool, _ parameters: Schema<Parameters>,
        _ answer: Shape<JSON>, body: (@escaping @Sendable (JSON) throws(ProtocolError) -> Parameters) -> Body
    ) {
        self.name = name
        self.access = access
        self.isAdvertised = isAdvertised
        self.summary = summary
        self.answer = answer
        fields = parameters.fields
        faults = { json in
            var faults = Faults()
            _ = parameters.read(json, &faults)
            return faults
        }
        self.body = body { (json) throws(ProtocolError) in
            var faults = Faults()
            guard let value = parameters.read(json, &faults) else {
                throw ProtocolError(.invalidRequest, "invalid \(name) params: \(faults.text)")
            }
            return value
        }
    }
}
