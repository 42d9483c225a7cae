import Foundation
import Testing

/// That all attempts of the plan are made, each where coverage.tsv says.
@Suite struct CoverageTests {
    /// How many attempts each group has.
    private static let groups = [
        ("N", 43), ("F", 28), ("P", 14), ("S", 17), ("U", 7), ("T", 6), ("D", 8), ("L", 14), ("X", 8), ("C", 9),
        ("A", 12),
    ]

    @Test func `each of the 166 attempts has its row, and nothing else has one`() {
        let ids = Self.groups.flatMap { group, count in
            (1...count).map { group + ($0 < 10 ? "0" : "") + "\($0)" }
        }
        #expect(ids.count == 166)
        #expect(CoverageRow.table.map(\.id) == ids)
    }

    @Test(arguments: CoverageRow.table)
    func `an attempt is made where its row says`(row: CoverageRow) throws {
        #expect(!row.attempt.isEmpty)
        #expect(!row.places.isEmpty)
        for place in row.places {
            switch place {
            case .table: #expect(AttemptRow.table.contains { $0.key.id == row.id }, "it is not in attempts.tsv")
            case .test(let name): #expect(try Self.tests.get().contains(name), "there is no test \"\(name)\"")
            case .notOffered(let feature): #expect(!feature.isEmpty && row.places.count == 1)
            }
        }
    }

    @Test func `an attempt of the probe has its row, or is a permitted act beside the others`() {
        let ids = Set(CoverageRow.table.filter { $0.places.contains(.table) }.map(\.id))
        for row in AttemptRow.table where !ids.contains(row.key.id) {
            // F30, P16 and D09 are what must go on working.
            #expect(["F30", "P16", "D09"].contains(row.key.id), "\(row.key.id) \(row.key.act)")
        }
    }

    /// The names of all tests in the package's sources.
    private static let tests = Result {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        var names: Set<String> = []
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
        for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /func `([^`]+)`\(/) { names.insert(String(match.1)) }
        }
        return names
    }
}
