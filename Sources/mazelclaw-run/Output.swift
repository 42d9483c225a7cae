import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// Where the launcher writes: people read stderr, programs the status descriptor.
struct Output {
    let status: FileDescriptor?

    /// Text for standard output.
    func print(_ text: String) {
        write(text, to: .standardOutput)
    }

    /// One sentence for standard error.
    func say(_ sentence: String) {
        write("mazelclaw-run: \(sentence.escapingControlCharacters)\(lineEnd)", to: .standardError)
    }

    /// One sentence about what a payload did; with its priority where the journal reads it (sd-daemon(3)).
    func warn(_ sentence: String) {
        write(
            (isJournal ? "<4>" : "") + "mazelclaw-run: \(sentence.escapingControlCharacters)\(lineEnd)",
            to: .standardError)
    }

    /// On a terminal that is raw, as the caller's is while the payload has one too, a line feed alone leads nowhere near
    /// the margin.
    private var lineEnd: String {
        (try? Terminal(.standardError).modes())?.writesUnchanged ?? false ? "\r\n" : "\n"
    }

    /// Whether standard error is the journal's own stream: $JOURNAL_STREAM names its device and inode
    /// (systemd.exec(5)).
    private var isJournal: Bool {
        guard let stream = getenv("JOURNAL_STREAM"), let status = try? FileStatus(of: .standardError) else {
            return false
        }
        return String(cString: stream) == "\(status.device):\(status.inode)"
    }

    /// One event for the status descriptor.
    func report(_ event: JSON) {
        guard let status else { return }
        write(event.text() + "\n", to: status)
    }

    /// A reader that has gone away is no reason to end a running instance.
    private func write(_ text: String, to descriptor: FileDescriptor) {
        try? descriptor.writeEverything(text.utf8)
    }

    /// Rows of words in columns, the last of which may be of any width.
    static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
        return rows.map { row in
            row.indices.dropLast().map { row[$0] + String(repeating: " ", count: widths[$0] + 2 - row[$0].utf8.count) }
                .joined() + row[row.count - 1] + "\n"
        }.joined()
    }
}
