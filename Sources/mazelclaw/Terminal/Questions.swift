import Glibc

/// Asks a person at a terminal, one question for each line that is typed.
struct Questions {
    /// Why no more is asked.
    enum End: Error {
        /// No more is typed.
        case input
        /// The answer was no.
        case declined
    }

    /// Asks `text`; what is typed, or `proposal` when that is nothing. Throws `End.input`.
    func ask(_ text: String, proposal: String) async throws(End) -> String {
        Output.part("\(text) [\(proposal)]: ")
        guard let line = await TerminalConversation.nextLine() else {
            Output.line("")
            throw .input
        }
        let answer = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return answer.isEmpty ? proposal : answer
    }

    /// Asks `text` until the answer is yes or no; with nothing typed it is `proposal`. Throws `End.input`.
    func confirm(_ text: String, proposal: Bool) async throws(End) -> Bool {
        while true {
            switch try await ask(text, proposal: proposal ? "yes" : "no").lowercased() {
            case "y", "yes": return true
            case "n", "no": return false
            case let other: Output.line("\"\(TerminalText.safe(other))\" is neither yes nor no.")
            }
        }
    }
}
