/// One thing the operator can do.
struct OperatorCommand: Sendable {
    /// What is written after the slash.
    let name: String
    /// What may follow, as help shows it: `[lines]`.
    let arguments: String
    /// What it answers: one sentence.
    let summary: String
    /// Whether it needs `operator.admin`, as the method that answers the same does. All others need what reading needs.
    let isForAdmins: Bool
    let answer: @Sendable (OperatorRequest) async throws -> String

    init(
        _ name: String, _ arguments: String = "", _ summary: String, isForAdmins: Bool = false,
        answer: @escaping @Sendable (OperatorRequest) async throws -> String
    ) {
        self.name = name
        self.arguments = arguments
        self.summary = summary
        self.isForAdmins = isForAdmins
        self.answer = answer
    }

    /// `/logs [lines]`.
    var usage: String { "/\(name)\(arguments.isEmpty ? "" : " \(arguments)")" }

    /// All of them, in the order of help.
    static let all = [help, status, doctor, logs, ports, config, sessions, repair]

    private static let help = OperatorCommand("help", "", "Lists these commands.") { _ in OperatorHelp.text }
}

/// What somebody asks the operator.
struct OperatorRequest: Sendable {
    let sources: OperatorSources
    /// What follows the command, without white space at its ends.
    let argument: String
}
