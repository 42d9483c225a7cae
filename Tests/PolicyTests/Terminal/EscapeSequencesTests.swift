import Policy
import Testing

@Suite struct EscapeSequencesTests {
    /// What passes, the commands in between as `[end]` and `[list]`.
    private func take(_ pieces: String...) -> String {
        var sequences = EscapeSequences()
        return pieces.map { piece in
            let (passed, commands) = sequences.take(piece.utf8)
            return String(decoding: passed, as: UTF8.self) + commands.map { "[\($0)]" }.joined()
        }.joined(separator: "|")
    }

    @Test func `a sequence counts at the start of a line alone`() {
        #expect(take("~.") == "[end]")
        #expect(take("ls\r~.") == "ls\r[end]")
        #expect(take("ls\n~.") == "ls\n[end]")
        #expect(take("ls ~.") == "ls ~.")
        #expect(take("ls ~/x\r") == "ls ~/x\r")
        #expect(take(" ~.\r") == " ~.\r")
    }

    @Test func `two tildes type one`() {
        #expect(take("~~") == "~")
        #expect(take("~~.") == "~.")
        #expect(take("~~~.") == "~~.")
        #expect(take("x\r~~\r~~.") == "x\r~\r~.")
    }

    @Test func `a tilde is held until it is clear what it stands for`() {
        #expect(take("~") == "")
        #expect(take("~", ".") == "|[end]")
        #expect(take("~", "/bin/sh\r") == "|~/bin/sh\r")
        #expect(take("~", "~") == "|~")
        #expect(take("~", "\r", "~", ".") == "|~\r||[end]")
        #expect(take("~", "", "?") == "||[list]")
    }

    @Test func `after the list the line has yet to start`() {
        #expect(take("~?~?~.") == "[list][list][end]")
        #expect(take("~?ls\r~?") == "ls\r[list][list]")
    }

    @Test func `nothing passes after the end`() {
        #expect(take("a\r~.rm -r x\r") == "a\r[end]")
    }

    @Test func `all else passes unchanged`() {
        var sequences = EscapeSequences()
        let every = (0..<64).flatMap { _ in UInt8.min...UInt8.max }
        let (passed, commands) = sequences.take(every)
        #expect(passed == every)
        #expect(commands.isEmpty)
    }

    @Test func `the list names every sequence`() {
        for sequence in ["~.", "~~", "~?"] { #expect(EscapeSequences.list.contains(" \(sequence) ")) }
        #expect(!EscapeSequences.list.replacing("\r\n", with: "").contains("\n"))
    }
}
