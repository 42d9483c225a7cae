import Foundation
import Fuzzing
import JSON
import Testing

@testable import Cage

@Suite struct PatchTests {
    private func patched(_ lines: [String], _ body: String) throws -> [String] {
        let patch = try Patch("*** Begin Patch\n*** Update File: f\n\(body)\n*** End Patch\n")
        guard case .update(_, _, let chunks) = patch.changes.first else { throw OperationError("no update") }
        return try Patch.apply(chunks, to: lines, path: "f")
    }

    @Test func `lines are found by those around them`() throws {
        #expect(try patched(["a", "b", "c"], "@@\n a\n-b\n+B\n c") == ["a", "B", "c"])
        #expect(try patched(["x", "b", "y", "b"], "@@ y\n-b\n+B") == ["x", "b", "y", "B"])
        #expect(try patched(["a", "b"], "@@\n+c") == ["a", "b", "c"])
        #expect(try patched(["b", "a", "b"], "@@\n-b\n+c\n*** End of File") == ["b", "a", "c"])
        #expect(try patched(["a  ", "b"], "@@\n a\n-b\n+c") == ["a", "c"])
    }

    @Test func `several places are changed in their order`() throws {
        #expect(try patched(["a", "b", "c", "d"], "@@\n-a\n+A\n@@\n-d\n+D") == ["A", "b", "c", "D"])
    }

    @Test(
        arguments: [
            "", "*** Begin Patch", "*** Begin Patch\n*** End Patch", "*** Begin Patch\nnonsense\n*** End Patch",
            "*** Begin Patch\n*** Add File: a\nno plus\n*** End Patch",
            "*** Begin Patch\n*** Update File: a\n*** End Patch",
            "*** Begin Patch\n*** Update File: a\n@@\n?x\n*** End Patch",
        ])
    func `what is no patch is refused`(text: String) {
        #expect(throws: OperationError.self) { try Patch(text) }
    }

    @Test func `lines that are not there are told`() {
        #expect(throws: OperationError.self) { try patched(["a"], "@@\n-b\n+c") }
    }

    @Test func `files are added, deleted and moved`() throws {
        let patch = try Patch(
            "*** Begin Patch\r\n*** Add File: a/b\n+x\n+\n*** Delete File: c\n*** Update File: d\n*** Move to: e\n*** End Patch"
        )
        guard case .add("a/b", ["x", ""]) = patch.changes[0], case .delete("c") = patch.changes[1],
            case .update("d", "e", let chunks) = patch.changes[2]
        else {
            Issue.record("\(patch.changes)")
            return
        }
        #expect(chunks.isEmpty)
    }
}

@Suite struct PatchFuzzTests {
    /// A change made of a file and what it becomes, cut up at random, gives what it becomes.
    @Test(
        arguments: [
            "*** Update File: D/f\n-a\n+A\n*** Update File: D/./f\n-b\n+B",
            "*** Update File: D/f\n-a\n+A\n*** Delete File: D/f",
            "*** Update File: D/f\n*** Move to: D/h\n-a\n+A\n*** Update File: D/g\n*** Move to: D/h\n-c\n+C",
            "*** Add File: D/new\n+x\n*** Add File: D/new\n+y",
        ])
    func `a patch that changes a file more than once is refused, and nothing is changed`(body: String) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "patch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try "a\nb\n".write(to: directory.appending(path: "f"), atomically: true, encoding: .utf8)
        try "c\n".write(to: directory.appending(path: "g"), atomically: true, encoding: .utf8)
        let text = "*** Begin Patch\n\(body.replacing("D/", with: directory.path + "/"))\n*** End Patch\n"
        let patching = try Patching(FileOperation.Arguments(object: ["input": .string(text)]))
        let error = #expect(throws: OperationError.self) { try patching.perform() }
        #expect(error?.message.contains("more than once") == true)
        #expect(try String(contentsOf: directory.appending(path: "f"), encoding: .utf8) == "a\nb\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["f", "g"])
    }

    @Test func `a patch that was made from two files makes the second of the first`() throws {
        for seed in FuzzRun("patch") {
            var random = SplitMix(seed: seed)
            let lines = (0..<1 + random.below(20)).map { "line \($0)" }
            var body: [String] = []
            var wanted: [String] = []
            for line in lines {
                switch random.below(4) {
                case 0: body.append("-\(line)")
                case 1:
                    body += [" \(line)", "+new \(line)"]
                    wanted += [line, "new \(line)"]
                default:
                    body.append(" \(line)")
                    wanted.append(line)
                }
            }
            let text = "*** Begin Patch\n*** Update File: f\n@@\n\(body.joined(separator: "\n"))\n*** End Patch"
            guard case .update(_, _, let chunks) = try Patch(text).changes.first else { continue }
            #expect(try Patch.apply(chunks, to: lines, path: "f") == wanted)
        }
    }

    @Test func `no text crashes the reader`() {
        let words = [
            "*** Begin Patch", "*** End Patch", "*** Add File: a", "*** Update File: a", "*** End of File", "@@",
            "@@ x", "+a", "-a", " a", "",
        ]
        for seed in FuzzRun("patch-text") {
            var random = SplitMix(seed: seed)
            let lines = (0..<random.below(13)).map { _ in
                random.one(of: words)
            }
            let text = (["*** Begin Patch"] + lines + ["*** End Patch"]).joined(separator: "\n")
            guard let patch = try? Patch(text) else { continue }
            for case .update(_, _, let chunks) in patch.changes {
                _ = try? Patch.apply(chunks, to: ["a", "x", "a"], path: "a")
            }
        }
    }
}
