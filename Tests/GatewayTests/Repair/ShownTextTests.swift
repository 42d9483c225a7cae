import Testing

@testable import Gateway

@Test(arguments: [
    ("a\u{1B}[2Jb", #"a\u{1b}[2Jb"#), ("a\nb\r\t", #"a\u{a}b\u{d}\u{9}"#), ("\u{202E}txet", #"\u{202e}txet"#),
    ("a\u{200B}b\u{FEFF}", #"a\u{200b}b\u{feff}"#), ("\u{9B}31m", #"\u{9b}31m"#), ("\u{2028}", #"\u{2028}"#),
    ("a\u{A0}b\u{3164}", #"a\u{a0}b\u{3164}"#), ("Grüße, 日本 🦞", "Grüße, 日本 🦞"),
])
func `what is not seen as what it is, is spelled out`(text: String, shown: String) {
    #expect(ShownText.line(text) == shown)
}

@Test func `a text keeps its lines, and a line its bounds`() {
    #expect(ShownText.lines("a\n\tb\u{7}\n") == "a\n\tb\\u{7}\n")
    let long = ShownText.line(String(repeating: "x", count: 5000))
    #expect(long.hasSuffix("x… (5000 characters)"))
    #expect(long.count < 1100)
}
