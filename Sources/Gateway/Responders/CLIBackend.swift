import AgentLoop
import Configuration
import Policy
import Synchronization
import Time

/// A local program that answers: one of `agents.defaults.cliBackends`.
///
/// It is started anew for each turn, in the agent's workspace, and given the message as its last argument or on
/// standard input. Conversations go on when it has sessions of its own: it is told the session (`sessionArg`,
/// `resumeArgs`), or names one in its output. Nothing of what the gateway knows reaches it: its environment is the
/// gateway's without this program's own variables, and with those of the section.
struct CLIBackend: Responder {
    let id: String
    private let section: CLIBackendSection
    private let environment: [String: String]
    /// Lets one in at a time, when the program bears no more.
    private let gate: Gate?

    /// The backend `id` described by `section`, for programs that inherit `environment`.
    init(id: String, _ section: CLIBackendSection, environment: [String: String]) {
        self.id = id
        self.section = section
        self.environment = environment
        gate = section.serialize ? Gate(limit: 1) : nil
    }

    func answer(_ turn: Turn, tell: @escaping @Sendable (TurnEvent) -> Void) async throws -> Reply {
        guard let gate else { return try await run(turn, tell) }
        return try await gate.pass { try await run(turn, tell) }
    }

    private func run(_ turn: Turn, _ tell: @escaping @Sendable (TurnEvent) -> Void) async throws -> Reply {
        let call: CLICall
        do throws(CLICall.Fault) {
            call = try CLICall(section, turn)
        } catch {
            throw CLIBackendError(backend: id, reason: error.text, isTimeout: false)
        }
        let reader = ReaderBox(ReplyReader(call.output, sessionFields: section.sessionIDFields))
        let program = Program(
            executable: section.command, arguments: call.arguments, environment: variables,
            workingDirectory: turn.agent.workspace, input: Array(call.input.utf8),
            limits: ProgramLimits(time: turn.time.duration))
        let end: ProgramEnd
        do {
            end = try await program.run { bytes in
                if let text = reader.take(bytes) { tell(.text(text)) }
            }
        } catch let error as ProgramError {
            throw CLIBackendError(backend: id, reason: "\(error)", isTimeout: error.isTimeout)
        }
        let result = reader.finish()
        guard end.isSuccess else {
            let complaint = end.errors.isEmpty ? String(result.text.suffix(1000)) : end.errors
            throw CLIBackendError(
                backend: id, reason: "\(end.status)\(complaint.isEmpty ? "" : ": \(complaint)")", isTimeout: false)
        }
        return Reply(
            text: result.text, provider: id, model: turn.model, usage: result.usage,
            providerSession: section.sessionMode == CLIBackendSection.SessionMode.none
                ? nil : result.sessionID.flatMap { CLICall.isUsable(session: $0) ? $0 : nil } ?? call.session)
    }

    private var variables: [String: String] {
        var variables = environment.merging(section.environment) { $1 }
        for name in section.clearedEnvironment where section.environment[name] == nil { variables[name] = nil }
        return variables
    }
}

/// The reader, while a program's output comes in from another task.
private final class ReaderBox: Sendable {
    private let reader: Mutex<ReplyReader>

    init(_ reader: ReplyReader) {
        self.reader = Mutex(reader)
    }

    /// The answer so far, when these bytes changed it.
    func take(_ bytes: [UInt8]) -> String? {
        reader.withLock { $0.take(bytes) ? $0.text : nil }
    }

    func finish() -> ReplyReader {
        reader.withLock { reader in
            reader.finish()
            return reader
        }
    }
}

/// Why a CLI backend gave no answer.
struct CLIBackendError: Error, Equatable, CustomStringConvertible, ResponderError {
    var backend: String
    var reason: String
    /// Whether it took too long.
    var isTimeout: Bool

    var description: String { "the CLI backend \"\(backend)\" failed: \(reason)" }
}
