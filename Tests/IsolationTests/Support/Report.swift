import Foundation
import Glibc
import JSON
import Synchronization
import Testing

/// The suite's outcomes for programs: one JSON object a line, in the file that MAZELCLAW_ISOLATION_REPORT names.
///
/// `id` and `act` say what was tried, `starting` and `form` (`direct`, `forked`) how, `outcome` what came of it,
/// `expected` what had to, and `verdict` whether that is `right` or `wrong`; `lacking` is an attempt that this kernel
/// refuses by itself, so that its outcome shows nothing.
enum Report {
    enum Form: String {
        case direct
        case forked
    }

    enum Verdict: String {
        case right
        case wrong
        case lacking
    }

    /// The ways of starting that the running test case has taken.
    final class Startings: Sendable {
        private let all = Mutex<Set<Starting>>([])
        func insert(_ starting: Starting) { all.withLock { _ = $0.insert(starting) } }
        /// In order; a test that starts nothing belongs to neither.
        var names: String { all.withLock { $0.map(\.rawValue).sorted().joined(separator: ",") } }
    }

    @TaskLocal static var startings: Startings?

    private static let file: Int32? = ProcessInfo.processInfo.environment["MAZELCLAW_ISOLATION_REPORT"].map {
        open($0, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | 0o2000000, 0o644)
    }

    static func write(
        id: String, act: String, starting: String, form: Form, outcome: String, expected: [String], verdict: Verdict
    ) {
        guard let file else { return }
        let record: JSON = [
            "id": .string(id), "act": .string(act), "starting": .string(starting), "form": .string(form.rawValue),
            "outcome": .string(outcome), "expected": .array(expected.map(JSON.string)),
            "verdict": .string(verdict.rawValue),
        ]
        // One write each, at the file's end: tests run side by side.
        let line = Array((record.text() + "\n").utf8)
        _ = line.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }
}

/// Records how each test case of a suite ends, under the IDs that coverage.tsv gives its function.
struct Recorded: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let issues = Mutex<[String]>([])
        let startings = Report.Startings()
        defer {
            let found = issues.withLock { $0 }
            for id in CoverageRow.ids(ofTest: test.name) {
                Report.write(
                    id: id, act: CoverageRow.bare(test.name), starting: startings.names, form: .direct,
                    outcome: found.isEmpty ? "passed" : "failed: \(found.joined(separator: "; "))",
                    expected: ["passed"], verdict: found.isEmpty ? .right : .wrong)
            }
        }
        let counting = IssueHandlingTrait.compactMapIssues { issue in
            issues.withLock { $0.append("\(issue)") }
            return issue
        }
        try await Report.$startings.withValue(startings) {
            try await counting.provideScope(for: test, testCase: testCase) {
                do {
                    try await function()
                } catch {
                    // What a test throws is no issue before it has left this scope.
                    issues.withLock { $0.append("\(error)") }
                    throw error
                }
            }
        }
    }
}

extension Trait where Self == Recorded {
    /// Has the outcomes of its tests in the report.
    static var recorded: Self { Recorded() }
}
