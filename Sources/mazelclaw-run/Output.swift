import Enforcement
import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// Where the launcher writes: people read stderr, programs the status descriptor.
struct Output {
    let status: FileDescriptor?
    /// How to write to both without waiting; nil for commands that watch over nothing.
    private let outlets: (error: MessageOutlet, status: MessageOutlet?)?

    /// Output that waits for its readers.
    init(status: FileDescriptor?) {
        self.status = status
        outlets = nil
    }

    private init(status: FileDescriptor?, outlets: (error: MessageOutlet, status: MessageOutlet?)) {
        self.status = status
        self.outlets = outlets
    }

    /// The same output for who must not wait: what a reader has no room for is dropped, and counted. To be made while
    /// this process is still the user who started it.
    func withoutWaiting() throws(Errno) -> Output {
        let error = MessageOutlet(try Outlet(.standardError)) { dropped in
            let messages = dropped == 1 ? "1 message" : "\(dropped) messages"
            return Self.line("\(messages) could not be written, for nobody read them in time", isWarning: true)
        }
        let events = try status.map { (descriptor) throws(Errno) in
            MessageOutlet(try Outlet(descriptor)) { dropped in
                (["event": "lost", "count": .integer(Int64(dropped))] as JSON).text() + "\n"
            }
        }
        return Output(status: status, outlets: (error, events))
    }

    /// What may have messages left for a reader who has stalled.
    var messages: [MessageOutlet] { outlets.map { [$0.error] + ($0.status.map { [$0] } ?? []) } ?? [] }

    /// Text for standard output.
    func print(_ text: String) {
        Self.write(text, to: .standardOutput)
    }

    /// One sentence for standard error.
    func say(_ sentence: String) { tell(Self.line(sentence, isWarning: false)) }

    /// One sentence about what a payload did; with its priority where the journal reads it (sd-daemon(3)).
    func warn(_ sentence: String) { tell(Self.line(sentence, isWarning: true)) }

    private func tell(_ line: String) {
        guard let outlets else { return Self.write(line, to: .standardError) }
        outlets.error.write(line)
    }

    private static func line(_ sentence: String, isWarning: Bool) -> String {
        (isWarning && isJournal ? "<4>" : "") + "mazelclaw-run: \(sentence.escapingControlCharacters)\(lineEnd)"
    }

    /// On a terminal that is raw, as the caller's is while the payload has one too, a line feed alone leads nowhere near
    /// the margin.
    private static var lineEnd: String {
        // What is no terminal has no modes, and takes lines as they are.
        (try? Terminal(.standardError).modes())?.writesUnchanged ?? false ? "\r\n" : "\n"
    }

    /// Whether standard error is the journal's own stream: $JOURNAL_STREAM names its device and inode
    /// (systemd.exec(5)).
    private static var isJournal: Bool {
        guard let stream = OwnProcess.variable(ServiceManager.journalVariable),
            let status = try? FileStatus(of: .standardError)
        else { return false }
        return stream == "\(status.device):\(status.inode)"
    }

    /// One event for the status descriptor.
    func report(_ event: JSON) {
        guard let status else { return }
        guard let outlet = outlets?.status else { return Self.write(event.text() + "\n", to: status) }
        outlet.write(event.text() + "\n")
    }

    /// A reader that has gone away is no reason to end a running instance.
    private static func write(_ text: String, to descriptor: FileDescriptor) {
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
