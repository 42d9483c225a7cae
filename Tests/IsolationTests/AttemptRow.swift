import Foundation
import Testing

/// A row of attempts.tsv: what is tried, and how it must end.
struct AttemptRow: CustomTestStringConvertible {
    let key: ProbeRun.Key
    /// The outcomes that are right: an errno, a signal, `OK`, or `OK = VALUE`.
    let expected: [String]

    var testDescription: String { "\(key.id) \(key.act)" }
    /// Whether the act is a permitted one.
    var isPermitted: Bool { expected.allSatisfy { $0 == "OK" || $0.hasPrefix("OK = ") } }

    /// The table; a line that is no row ends up as one that fails.
    static let table: [AttemptRow] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "attempts.tsv")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return AttemptRow(
                key: ProbeRun.Key(id: fields[0], act: fields.count > 1 ? fields[1] : ""),
                expected: fields.count > 2 ? fields[2].components(separatedBy: " | ") : [])
        }
    }()
}
