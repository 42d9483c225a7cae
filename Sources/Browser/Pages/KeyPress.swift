import DevTools

/// A key to be pressed, with those that are held: `Enter`, `a`, `Control+Shift+ArrowLeft`.
struct KeyPress: Sendable, Equatable {
    var key: String
    var code: String
    var keyCode: Int64
    /// What it writes; empty when nothing.
    var text: String
    var modifiers: InputDomain.Modifiers

    private static let named: [String: (code: String, keyCode: Int64, text: String)] = [
        "Enter": ("Enter", 13, "\r"), "Tab": ("Tab", 9, ""), "Escape": ("Escape", 27, ""),
        "Backspace": ("Backspace", 8, ""), "Delete": ("Delete", 46, ""), "Insert": ("Insert", 45, ""),
        "ArrowLeft": ("ArrowLeft", 37, ""), "ArrowUp": ("ArrowUp", 38, ""), "ArrowRight": ("ArrowRight", 39, ""),
        "ArrowDown": ("ArrowDown", 40, ""), "Home": ("Home", 36, ""), "End": ("End", 35, ""),
        "PageUp": ("PageUp", 33, ""), "PageDown": ("PageDown", 34, ""), "Space": ("Space", 32, " "),
        "F1": ("F1", 112, ""), "F2": ("F2", 113, ""), "F3": ("F3", 114, ""), "F4": ("F4", 115, ""),
        "F5": ("F5", 116, ""), "F6": ("F6", 117, ""), "F7": ("F7", 118, ""), "F8": ("F8", 119, ""),
        "F9": ("F9", 120, ""), "F10": ("F10", 121, ""), "F11": ("F11", 122, ""), "F12": ("F12", 123, ""),
    ]

    /// Reads `text`. Throws `BrowserFault` for a key that there is not.
    init(_ text: String) throws(BrowserFault) {
        var parts = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
        // The plus itself is the last of its kind.
        if parts.count > 1, parts.suffix(2) == ["", ""] { parts.replaceSubrange((parts.count - 2)..., with: ["+"]) }
        guard let name = parts.popLast(), !name.isEmpty else { throw BrowserFault(400, "key names no key") }
        modifiers = []
        for part in parts { modifiers.insert(try Self.modifier(part)) }
        if let known = Self.named[name] {
            (key, code, keyCode) = (name == "Space" ? " " : name, known.code, known.keyCode)
            self.text = known.text
        } else {
            guard name.count == 1, let scalar = name.unicodeScalars.first else {
                throw BrowserFault(
                    400, "there is no key \"\(name)\"; named keys are written as KeyboardEvent.key has them")
            }
            key = name
            self.text = name
            switch scalar {
            case "a"..."z", "A"..."Z":
                code = "Key\(name.uppercased())"
                keyCode = Int64(name.uppercased().unicodeScalars.first?.value ?? 0)
            case "0"..."9": (code, keyCode) = ("Digit\(name)", Int64(scalar.value))
            default: (code, keyCode) = ("", 0)
            }
        }
        // With one of these held a key does something else than write.
        if !modifiers.isDisjoint(with: [.control, .alt, .meta]) { self.text = "" }
    }

    private static func modifier(_ name: String) throws(BrowserFault) -> InputDomain.Modifiers {
        switch name.lowercased() {
        case "alt": .alt
        case "control", "ctrl", "controlormeta": .control
        case "meta", "command", "cmd": .meta
        case "shift": .shift
        default: throw BrowserFault(400, "\"\(name)\" is no key that is held: use Alt, Control, Meta or Shift")
        }
    }

    /// What `names` hold together.
    static func modifiers(_ names: [String]) throws(BrowserFault) -> InputDomain.Modifiers {
        var modifiers: InputDomain.Modifiers = []
        for name in names { modifiers.insert(try modifier(name)) }
        return modifiers
    }

    /// Presses it, and lets go. Throws `DevToolsError`.
    func press(in session: DevToolsSession) async throws {
        try await session.send(
            InputDomain.DispatchKeyEvent(
                text.isEmpty ? .rawKeyDown : .keyDown, key: key, code: code, keyCode: keyCode, text: text,
                modifiers: modifiers))
        try await session.send(
            InputDomain.DispatchKeyEvent(.keyUp, key: key, code: code, keyCode: keyCode, modifiers: modifiers))
    }
}
