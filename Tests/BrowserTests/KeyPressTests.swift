import DevTools
import Testing

@testable import Browser

@Suite struct KeyPressTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var key: String
        var code: String
        var keyCode: Int64
        var written: String
        var modifiers: InputDomain.Modifiers = []

        var testDescription: String { text }
    }

    static let rows = [
        Row(text: "Enter", key: "Enter", code: "Enter", keyCode: 13, written: "\r"),
        Row(text: "a", key: "a", code: "KeyA", keyCode: 65, written: "a"),
        Row(text: "A", key: "A", code: "KeyA", keyCode: 65, written: "A"),
        Row(text: "7", key: "7", code: "Digit7", keyCode: 55, written: "7"),
        Row(text: "Space", key: " ", code: "Space", keyCode: 32, written: " "),
        Row(text: "+", key: "+", code: "", keyCode: 0, written: "+"),
        Row(text: "Control+a", key: "a", code: "KeyA", keyCode: 65, written: "", modifiers: .control),
        Row(text: "Control++", key: "+", code: "", keyCode: 0, written: "", modifiers: .control),
        Row(
            text: "Shift+Control+ArrowLeft", key: "ArrowLeft", code: "ArrowLeft", keyCode: 37, written: "",
            modifiers: [.shift, .control]),
        Row(text: "ö", key: "ö", code: "", keyCode: 0, written: "ö"),
    ]

    @Test(arguments: rows)
    func `a key is read`(row: Row) throws {
        let press = try KeyPress(row.text)
        #expect([press.key, press.code, press.text] == [row.key, row.code, row.written])
        #expect(press.keyCode == row.keyCode)
        #expect(press.modifiers == row.modifiers)
    }

    @Test(arguments: ["", "Nokey", "Hyper+a", "Control+", "a+b"])
    func `what is no key is refused`(text: String) {
        #expect(throws: BrowserFault.self) { try KeyPress(text) }
    }
}
