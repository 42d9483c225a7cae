import JSON
import Synchronization
import Text
import Time

/// The nodes that are connected, and the commands they were sent.
final class NodeRegistry: Sendable {
    /// What came of a command.
    enum Answer: Sendable {
        /// What it gave; as text when the node sent text.
        case done(JSON?, text: String?)
        case failed(Failure)
    }

    /// What went wrong at the node, in its own words.
    struct Failure: Sendable, Equatable {
        var code: String?
        var message: String?
    }

    private struct State {
        var sessions: [String: NodeSession] = [:]
        /// The connections that owe an answer, by the command's id.
        var commands: [String: Connection] = [:]
    }

    private let state = Mutex(State())
    private let waiters = Waiters<Answer>()

    /// The node `id`, when it is connected.
    func session(_ id: String) -> NodeSession? {
        state.withLock { $0.sessions[id] }
    }

    /// All nodes that are connected.
    var sessions: [NodeSession] {
        state.withLock { Array($0.sessions.values) }
    }

    /// A node connected. One that was connected already counts by its new connection.
    func enter(_ session: NodeSession) {
        state.withLock { $0.sessions[session.id] = session }
    }

    /// A connection ended. What its node was to answer will not come.
    func leave(_ connection: Connection) {
        let commands = state.withLock { state in
            state.sessions = state.sessions.filter { $0.value.connection !== connection }
            return state.commands.filter { $0.value === connection }.map(\.key)
        }
        let answer = Answer.failed(Failure(code: "NOT_CONNECTED", message: "node disconnected"))
        for id in commands { _ = waiters.resolve(id, with: answer) }
    }

    /// Has `session` carry out a command and waits for what comes of it.
    func invoke(
        _ command: String, at session: NodeSession, params: JSON?, timeout: TimeSpan, idempotencyKey: String
    ) async -> Answer {
        let id = UUIDText.random()
        state.withLock { $0.commands[id] = session.connection }
        defer { _ = state.withLock { $0.commands.removeValue(forKey: id) } }
        var payload = JSONObject()
        payload["id"] = .string(id)
        payload["nodeId"] = .string(session.id)
        payload["command"] = .string(command)
        payload["paramsJSON"] = params.map { .string($0.text()) }
        payload["timeoutMs"] = timeout.json
        payload["idempotencyKey"] = .string(idempotencyKey)
        let event = JSON.object(payload)
        let answer = await waiters.value(of: id, within: timeout) {
            session.connection.tell(.nodeInvokeRequest, event)
            // It may have ended before anybody waited.
            if !session.connection.isEstablished { leave(session.connection) }
        }
        return answer ?? .failed(Failure(code: "TIMEOUT", message: "node invoke timed out"))
    }

    /// `connection` answers the command `id`. Returns whether that was its to answer.
    func answered(_ id: String, on connection: Connection, _ answer: Answer) -> Bool {
        guard state.withLock({ $0.commands[id] === connection }) else { return false }
        return waiters.resolve(id, with: answer)
    }
}
