import Foundation
import Testing

/// That all attempts of the plan are made, each where coverage.tsv says, and that what must never happen is held by the
/// tests that never.tsv names.
@Suite struct CoverageTests {
    /// How many attempts each group has.
    private static let groups = [
        ("N", 43), ("F", 28), ("P", 14), ("S", 17), ("U", 7), ("T", 6), ("D", 9), ("L", 14), ("X", 8), ("C", 9),
        ("A", 12), ("H", 6), ("G", 9), ("B", 10),
    ]

    /// What an audit of the built launcher found (group R), by its numbers.
    private static let audited = 1...24

    @Test func `each attempt of the plan and each finding has its row, and nothing else has one`() {
        let ids = Self.groups.flatMap { group, count in
            (1...count).map { group + ($0 < 10 ? "0" : "") + "\($0)" }
        }
        #expect(ids.count == 192)
        #expect(CoverageRow.table.map(\.id) == ids + Self.audited.map { ($0 < 10 ? "R0" : "R") + "\($0)" })
    }

    @Test func `each of what must never happen has its row`() {
        #expect(CoverageRow.never.map(\.id) == (1...30).map { "N\($0)" })
    }

    @Test(arguments: CoverageRow.table + CoverageRow.never)
    func `an attempt is made where its row says`(row: CoverageRow) throws {
        #expect(!row.attempt.isEmpty)
        #expect(!row.places.isEmpty)
        for place in row.places {
            switch place {
            case .table: #expect(AttemptRow.table.contains { $0.key.id == row.id }, "it is not in attempts.tsv")
            case .test(let name): try expectTest(name, in: Self.targets)
            case .gatewayTest(let name): try expectTest(name, in: ["GatewayTests", "GatewayServerTests"])
            case .notOffered(let feature): #expect(!feature.isEmpty && row.places.count == 1)
            }
        }
    }

    private func expectTest(_ name: String, in allowed: Set<String>) throws {
        let targets = try Self.tests.get()[name] ?? []
        #expect(targets.count == 1, "\"\(name)\" is in \(targets), where one test is to be meant")
        #expect(allowed.isSuperset(of: targets), "\"\(name)\" is in \(targets), of another program")
    }

    @Test func `an attempt of the probe has its row, or is a permitted act beside the others`() {
        let ids = Set(CoverageRow.table.filter { $0.places.contains(.table) }.map(\.id))
        for row in AttemptRow.table where !ids.contains(row.key.id) {
            // F30, P16 and D10 are what must go on working.
            #expect(["F30", "P16", "D10"].contains(row.key.id), "\(row.key.id) \(row.key.act)")
        }
    }

    /// The tests of the launcher, which the rows are about. That they also run the script sees that runs the suite.
    private static let targets: Set<String> = [
        "EnforcementTests", "IsolationTests", "LinuxTests", "PolicyTests", "ProfilesTests",
    ]

    /// The names of all tests in the package's sources, each with the targets it is in, as often as it is there.
    private static let tests = Result {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        var names: [String: [String]] = [:]
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
        for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let target = file.pathComponents.dropFirst(directory.pathComponents.count).first ?? ""
            for match in text.matches(of: /@Test[^\n]*(?:\n(?![ ]*(?:@Test|\}))[^\n]*)*?func `([^`]+)`\(/) {
                names[String(match.1), default: []].append(target)
            }
        }
        return names
    }
}
