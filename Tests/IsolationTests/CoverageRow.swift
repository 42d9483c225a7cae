import Foundation
import Testing

/// A row of coverage.tsv or never.tsv: an attempt that is to be made, or what must never happen, and where it is held.
struct CoverageRow: CustomTestStringConvertible {
    /// Where an attempt is made, or why not.
    enum Place: Equatable {
        /// By the probe: its outcomes are in attempts.tsv.
        case table
        /// By a test of the launcher, of this name.
        case test(String)
        /// By a test of the gateway and its commands, of this name.
        case gatewayTest(String)
        /// Not at all: there is no such feature.
        case notOffered(String)
    }

    let id: String
    let attempt: String
    /// None for a row that is no row.
    let places: [Place]

    var testDescription: String { "\(id) \(attempt)" }

    /// The attempts.
    static let table = rows(of: "coverage.tsv")

    /// What must never happen.
    static let never = rows(of: "never.tsv")

    /// The rows of a table beside this file; a line that is no row ends up as one that fails.
    private static func rows(of name: String) -> [CoverageRow] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: name)
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return CoverageRow(
                id: fields[0], attempt: fields.count > 1 ? fields[1] : "",
                places: fields.count == 3 ? fields[2].components(separatedBy: "; ").map(Place.init) : [])
        }
    }

    /// The IDs whose attempt the test of this name makes.
    static func ids(ofTest name: String) -> [String] {
        let name = bare(name)
        return table.filter { $0.places.contains(.test(name)) }.map(\.id)
    }

    /// A test's name without backticks and parameters.
    static func bare(_ name: String) -> String {
        name.split(separator: "`", omittingEmptySubsequences: false).dropFirst().first.map(String.init) ?? name
    }
}

extension CoverageRow.Place {
    init(_ text: String) {
        if text == "attempts.tsv" {
            self = .table
        } else if text.hasPrefix("not offered: ") {
            self = .notOffered(String(text.dropFirst(13)))
        } else if text.hasPrefix("gateway: ") {
            self = .gatewayTest(String(text.dropFirst(9)))
        } else {
            self = .test(text)
        }
    }
}
