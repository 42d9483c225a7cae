import Fuzzing
import Testing

@testable import Cage

@Suite struct GlobTests {
    @Test(
        arguments: [
            ("*.swift", "Sources/Cage/Cage.swift", true), ("*.swift", "Package.swift", true),
            ("*.swift", "Package.swift.orig", false), ("Sources/*.swift", "Sources/Cage/Cage.swift", false),
            ("Sources/**/*.swift", "Sources/Cage/Cage.swift", true), ("Sources/**/*.swift", "Sources/a.swift", true),
            ("**/a", "a", true), ("**/a", "b/c/a", true), ("**", "b/c/a", true), ("?.c", "a.c", true),
            ("?.c", "ab.c", false), ("[a-c].h", "b.h", true), ("[!a-c].h", "b.h", false), ("*.{c,h}", "x.h", true),
            ("*.{c,h}", "x.m", false), ("a*b*c", "a1b2c", true), ("a*b*c", "a1c2b", false), (#"\*"#, "*", true),
            (#"\*"#, "a", false), ("**/x/*.c", "a/x/b/x/d.c", true),
        ])
    func `a pattern stands for the names that it describes`(pattern: String, path: String, matches: Bool) throws {
        #expect(try Glob(pattern).matches(path) == matches)
    }

    @Test func `a pattern that stands for too many is refused`() {
        let pattern = String(repeating: "{a,b}", count: 20)
        #expect(throws: OperationError.self) { try Glob(pattern) }
    }

    @Test func `no pattern takes long`() throws {
        let glob = try Glob(String(repeating: "**a*", count: 20) + "b")
        #expect(!glob.matches(String(repeating: "a/a", count: 60)))
    }
}

@Suite struct GlobFuzzTests {
    @Test func `any pattern ends, and a plain text stands for itself`() throws {
        for seed in FuzzRun("glob") {
            var random = SplitMix(seed: seed)
            let letters = Array("ab/*?[]{},!-\\.".utf8)
            let pattern = (0..<1 + random.below(12)).map { _ in
                random.one(of: letters)
            }
            let path: [UInt8] = (0..<random.below(13)).map { _ in
                random.one(of: [97, 98, 47])
            }
            let text = String(decoding: path, as: UTF8.self)
            if let glob = try? Glob(String(decoding: pattern, as: UTF8.self)) { _ = glob.matches(text) }
            if !text.isEmpty { #expect(try Glob(text).matches(text)) }
        }
    }
}
