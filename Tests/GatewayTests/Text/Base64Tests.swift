import Testing

@testable import Text

@Test(
    arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"), ("\u{7F}\u{7F}>?", "f38+Pw=="),
    ])
func `base 64 is as RFC 4648 has it`(text: String, expected: String) {
    #expect(Base64.text(Array(text.utf8)) == expected)
}
