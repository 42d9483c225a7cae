import JSON
public import Policy

/// The helper that puts tools into cages of their own: `mazelclaw-tool`.
///
/// What agents' tools do with files and programs, they do in there: they see the workspace and the system's programs, and neither
/// the gateway's state, nor its memory, nor its ports.
public struct ToolCage: Sendable {
    /// A kind of cage, as the host's policy `tool.json` defines it.
    enum Kind: String, Sendable {
        /// Reads the workspace.
        case reading = "tool-read"
        /// Reads and writes it.
        case writing = "tool-write"
        /// Runs programs in it.
        case running = "tool-run"
        /// Runs programs that may connect to hosts.
        case network = "tool-network"
    }

    /// The helper's program.
    let helper: AbsolutePath
    /// What no tool may reach, whatever its workspace is.
    var keptOut: [AbsolutePath] = []
    /// What the helper is started with. Of that it passes on what its policy lists.
    var environment: [String: String] = [:]

    /// The cages that the program at `helper` makes.
    public init(helper: AbsolutePath) {
        self.helper = helper
    }

    /// Why nothing was done.
    enum Failure: Error, CustomStringConvertible {
        /// There is no cage: what the helper says.
        case noCage(String)
        /// The operation cannot be done: a sentence for the model.
        case refused(String)

        var description: String {
            switch self {
            case .noCage(let reason):
                "This tool could not be shut off from the rest of the gateway, so nothing was done. Tell the user: \(reason)"
            case .refused(let sentence): sentence
            }
        }
    }

    // MARK: Operations on files

    /// What came of an operation: members, and the bytes that they speak of.
    struct Answer: Sendable {
        var members: JSONObject
        var bytes: [UInt8]
    }

    /// Has the helper do `request` on files of `workspace`. Throws `Failure`, `ProgramError` and `CancellationError`.
    func perform(_ request: JSONObject, _ kind: Kind, in workspace: AbsolutePath) async throws -> Answer {
        var program = program(kind, workspace, [])
        program.input = JSON.object(request).serialized()
        program.limits.time = .seconds(60)
        let output = Gathered()
        let end = try await program.run { output.append($0) }
        let bytes = output.bytes
        guard let line = bytes.firstIndex(of: UInt8(ascii: "\n")), let json = try? JSON(parsing: Array(bytes[..<line])),
            var members = json.object
        else {
            throw Failure.noCage(Self.complaint(in: end.errors) ?? "mazelclaw-tool \(end.status)")
        }
        guard members["ok"]?.bool == true else { throw Failure.refused(members["error"]?.string ?? "It failed.") }
        members["ok"] = nil
        return Answer(members: members, bytes: Array(bytes[(line + 1)...]))
    }

    // MARK: Programs

    /// How a program in a cage ended.
    enum End: Equatable, Sendable {
        case exited(Int)
        case signalled(Int)
    }

    /// Runs `command` in `directory`, with `more` variables, for at most `time`. It can read `input`. `take` is given what it
    /// writes, errors and all. Throws `Failure`, `ProgramError` and `CancellationError`; in each case nothing of it runs on.
    func run(
        _ command: [String], _ kind: Kind, in workspace: AbsolutePath, directory: AbsolutePath, more: [String: String],
        time: Duration, input: ProgramInput, take: @escaping @Sendable ([UInt8]) -> Void
    ) async throws -> End {
        let variables = more.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
        var program = program(
            kind, workspace, ["--directory", directory.text] + variables + ["--"] + command)
        program.limits.time = time
        program.limits.output = .max
        program.moreInput = input
        let end = try await program.run { take($0) }
        // The last line is the helper's: nobody else has that stream.
        guard let line = end.errors.split(separator: "\n").last, let report = try? JSON(parsing: Array(line.utf8))
        else {
            throw Failure.noCage(end.errors.isEmpty ? "mazelclaw-tool \(end.status)" : end.errors)
        }
        if let code = report["exitCode"]?.integer { return .exited(Int(code)) }
        if let signal = report["signal"]?.integer { return .signalled(Int(signal)) }
        let message = report["message"]?.string ?? end.errors
        // That the program is not there is the model's affair.
        switch report["code"]?.integer {
        case 126, 127: throw Failure.refused("\(message).")
        default: throw Failure.noCage(message)
        }
    }

    private func program(_ kind: Kind, _ workspace: AbsolutePath, _ more: [String]) -> Program {
        let options = ["--report", "--kind", kind.rawValue, "--workspace", workspace.text]
        var program = Program(
            executable: helper.text, arguments: options + keptOut.flatMap { ["--keep-out", $0.text] } + more,
            environment: environment, workingDirectory: .root)
        // The helper ends the whole tree when it is asked to. Killed, it could not.
        program.limits.grace = .seconds(60)
        return program
    }

    private static func complaint(in errors: String) -> String? {
        guard let line = errors.split(separator: "\n").last, let report = try? JSON(parsing: Array(line.utf8)) else {
            return errors.isEmpty ? nil : errors
        }
        return report["message"]?.string
    }
}
