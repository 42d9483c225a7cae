import Policy
import Testing

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("basePrt", "basePort"), ("baseport", "basePort"), ("BASEPORT", "basePort"), ("basePortt", "basePort"),
        ("polciy", "policy"), ("bnd", "bind"), ("bnid", "bind"), ("bnda", nil), ("user ", "user"), ("policies", nil),
        ("x", nil), ("", nil),
        ("port", nil), ("completely", nil),
    ])
    func `the nearest word within two edits is meant`(word: String, meant: String?) {
        let candidates = ["basePort", "policy", "bind", "user"]
        #expect(Suggestion.nearest(to: word, among: candidates) == meant)
    }

    @Test func `of several the nearest is meant, and without candidates none`() {
        #expect(Suggestion.nearest(to: "reads", among: ["write", "ready", "read"]) == "ready")
        #expect(Suggestion.nearest(to: "openat", among: ["openat2", "openat"]) == "openat")
        #expect(Suggestion.nearest(to: "openat", among: [String]()) == nil)
    }
}
