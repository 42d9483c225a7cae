import Testing
import Text

/// What the article "Keep a secret out of sight" shows, line by line; ArchitectureTests compares the two.
@Suite struct TextArticleTests {
    @Test func `a secret is made, compared and not printed`() {
        var lines: [String] = []
        func print(_ line: String) { lines.append(line) }
        let configured = Secret("correct horse battery staple")
        let empty = Secret("  ")
        #expect(configured != nil)
        #expect(empty == nil)

        let token = Secret.random(byteCount: 24)
        if let shown = Secret("a guess"), token.matches(shown) { print("welcome") }
        #expect(lines.isEmpty)
        #expect(token.matches(token))

        print("connecting with \(token)")
        #expect(lines == ["connecting with <secret>"])
    }
}
