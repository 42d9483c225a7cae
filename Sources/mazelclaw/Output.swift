import Glibc
import JSON

/// Lines for a person or a program.
enum Output {
    /// A line to standard output.
    static func line(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Text to standard output, as it is.
    static func part(_ text: String) {
        write(text, to: STDOUT_FILENO, end: "")
    }

    /// What `answer` lists as `name`, a line each; the answer itself for a program. `none` is told where there is nothing.
    static func list(_ answer: JSON, _ name: String, isJSON: Bool, none: String, _ line: (JSON) -> String) {
        let all = answer[name]?.array ?? []
        guard !isJSON else { return Self.line(answer.text(pretty: true)) }
        Self.line(all.isEmpty ? none : all.map { TerminalText.safe(line($0)) }.joined(separator: "\n"))
    }

    /// A line to standard error. What it quotes may be a payload's, and moves no cursor.
    static func error(_ text: String) {
        write(TerminalText.safe(text), to: STDERR_FILENO)
    }

    /// Has everything that `body` and the programs it starts write to standard output go to standard error.
    static func toErrors(_ body: () throws -> Void) rethrows {
        let output = dup(STDOUT_FILENO)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        defer {
            dup2(output, STDOUT_FILENO)
            close(output)
        }
        try body()
    }

    private static func write(_ text: String, to descriptor: Int32, end: String = "\n") {
        var rest = Array((text + end).utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more; there is no one to tell.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
