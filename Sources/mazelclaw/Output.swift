import Glibc
import JSON
import Linux
import Synchronization

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
        if all.isEmpty { Self.line(none) }
        table(all.map { [line($0)] })
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

    // MARK: Terminals

    /// How a line is meant.
    enum Tone: String {
        case good = "32"
        case bad = "31"
    }

    /// A line to standard output, with its tone as a colour on a terminal that has colours (no-color.org).
    static func line(_ text: String, as tone: Tone) {
        line(hasColors ? "\u{1B}[\(tone.rawValue)m\(TerminalText.safe(text))\u{1B}[0m" : TerminalText.safe(text))
    }

    private static var hasColors: Bool {
        guard isatty(STDOUT_FILENO) == 1 else { return false }
        return OwnProcess.variable("NO_COLOR") ?? "" == "" && !["", "dumb"].contains(OwnProcess.variable("TERM") ?? "")
    }

    /// How many characters fit into a line of the terminal that standard output is; nil when it is none, or does not tell.
    private static var columns: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// `rows` to standard output, with their columns below each other. On a terminal a row that is longer than a line is cut,
    /// and ends in an ellipsis.
    static func table(_ rows: [[String]]) {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { $0.count > column + 1 ? TerminalText.safe($0[column]).count : 0 }.max() ?? 0
        }
        let columns = Self.columns
        for row in rows {
            let text = row.enumerated().map { column, cell in
                let cell = TerminalText.safe(cell).replacing("\n", with: " ")
                return column == row.count - 1 ? cell : padded(cell, to: widths[column])
            }.joined(separator: "  ")
            guard let columns, text.count > columns else {
                line(text)
                continue
            }
            line(String(text.prefix(columns - 1)) + "…")
        }
    }

    /// Names and what they stand for, as lines: values begin at `width`. On a terminal a value that is longer than a line goes on
    /// below its beginning.
    static func fields(_ rows: [(String, String)], width: Int = 11) -> String {
        let room = Self.columns.map { max(20, $0 - width) }
        return rows.map { name, value in
            let parts = room.map { wrapped(value, to: $0) } ?? [value]
            return padded(name, to: width) + parts.joined(separator: "\n" + String(repeating: " ", count: width))
        }.joined(separator: "\n")
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `text` in pieces of at most `width` characters, cut between words where there are any.
    private static func wrapped(_ text: String, to width: Int) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if piece.isEmpty {
                piece = String(word)
            } else if piece.count + 1 + word.count <= width {
                piece += " \(word)"
            } else {
                pieces.append(piece)
                piece = String(word)
            }
        }
        return pieces + [piece]
    }

    /// `text` and `end` in one line of the terminal, cut before `end` where they are longer. A terminal that does not tell how
    /// long its lines are has 80 characters.
    static func oneLine(_ text: String, end: String = "") -> String {
        let room = (Self.columns ?? 80) - 1 - end.count
        return text.count <= room ? text + end : text.prefix(max(0, room - 1)) + "…" + end
    }

    // MARK: Progress

    /// Says on a terminal how far something is that takes long, in place of what was said before; nothing in a pipe or a file.
    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let isNew = lastProgress.withLock { last in
            defer { last = text }
            return last != text
        }
        guard isNew else { return }
        write("\r\(TerminalText.safe(text))\u{1B}[K", to: STDERR_FILENO, end: "")
    }

    private static let lastProgress = Mutex("")

    /// Takes what `progress` said away.
    static func endProgress() {
        guard isatty(STDERR_FILENO) == 1 else { return }
        lastProgress.withLock { $0 = "" }
        write("\r\u{1B}[K", to: STDERR_FILENO, end: "")
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
