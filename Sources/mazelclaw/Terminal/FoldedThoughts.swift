import Glibc

/// What a model thinks, on one line of a terminal: what it thinks now while it does, and then how that began. In a pipe or a file
/// there is nothing of it.
struct FoldedThoughts {
    private var text = ""
    private var isFolded = false

    /// The model has thought `text` so far.
    mutating func grow(to text: String) {
        guard !isFolded, !text.isEmpty else { return }
        self.text = text
        let last = text.split(whereSeparator: \.isNewline).last(where: { !$0.allSatisfy(\.isWhitespace) }) ?? ""
        Output.progress(Output.oneLine("thinking: \(last)"))
    }

    /// The model says something, or nothing more comes.
    mutating func fold() {
        guard !isFolded else { return }
        isFolded = true
        guard !text.isEmpty else { return }
        Output.endProgress()
        guard isatty(STDOUT_FILENO) == 1 else { return }
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        Output.line(TerminalText.safe(Output.oneLine("(thought: \(words)", end: ")")))
    }
}
