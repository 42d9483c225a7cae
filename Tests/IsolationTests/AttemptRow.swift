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

    /// What is tried in a sandbox; a line that is no row ends up as one that fails.
    static let table = rows(of: "attempts.tsv")
    /// What is tried from the cage of a tool.
    static let cages = rows(of: "cage-attempts.tsv")

    private static func rows(of name: String) -> [AttemptRow] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: name)
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return AttemptRow(
                key: ProbeRun.Key(id: fields[0], act: fields.count > 1 ? fields[1] : ""),
                expected: fields.count > 2 ? fields[2].components(separatedBy: " | ") : [])
        }
    }
}
