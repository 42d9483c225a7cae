package import JSON

/// Commands of the domain Input.
package enum InputDomain {
    /// A button of the mouse (`Input.MouseButton`); `none` when the mouse only moves.
    package enum MouseButton: String, Sendable {
        case none, left, middle, right
    }

    /// Keys that change what others do (`modifiers`).
    package struct Modifiers: OptionSet, Sendable {
        package let rawValue: Int64
        package init(rawValue: Int64) { self.rawValue = rawValue }

        /// Bit 0: the key Alt.
        package static let alt = Modifiers(rawValue: 1)
        /// Bit 1: the key Control.
        package static let control = Modifiers(rawValue: 2)
        /// Bit 2: the key Meta, which is Command on a Mac.
        package static let meta = Modifiers(rawValue: 4)
        /// Bit 3: the key Shift.
        package static let shift = Modifiers(rawValue: 8)
    }

    /// Does what the mouse does.
    package struct DispatchMouseEvent: DevToolsCommand {
        /// What the mouse does.
        package enum Kind: String, Sendable {
            case mousePressed, mouseReleased, mouseMoved
        }

        package static let method = "Input.dispatchMouseEvent"
        /// What it does.
        package var kind: Kind
        /// Where, in CSS pixels from the left edge of what is seen.
        package var x: Double
        /// The same from the upper edge.
        package var y: Double
        /// The button that is pressed or released.
        package var button: MouseButton
        /// The keys that are held.
        package var modifiers: Modifiers
        /// How many times the button was clicked in a row: 2 for a double click.
        package var clickCount: Int64

        /// The mouse does `kind` at a place.
        package init(
            _ kind: Kind, x: Double, y: Double, button: MouseButton = .none, modifiers: Modifiers = [],
            clickCount: Int64 = 0
        ) {
            (self.kind, self.x, self.y, self.button) = (kind, x, y, button)
            (self.modifiers, self.clickCount) = (modifiers, clickCount)
        }

        package var parameters: JSONObject {
            [
                "type": .string(kind.rawValue), "x": .double(x), "y": .double(y), "button": .string(button.rawValue),
                "modifiers": .integer(modifiers.rawValue), "clickCount": .integer(clickCount),
            ]
        }
    }

    /// Does what the keyboard does.
    package struct DispatchKeyEvent: DevToolsCommand {
        /// What the keyboard does.
        package enum Kind: String, Sendable {
            /// A key goes down and writes something.
            case keyDown
            /// A key goes down and writes nothing.
            case rawKeyDown
            case keyUp
        }

        package static let method = "Input.dispatchKeyEvent"
        /// What it does.
        package var kind: Kind
        /// The key, as `KeyboardEvent.key` has it.
        package var key: String
        /// Where it is on a keyboard, as `KeyboardEvent.code` has it.
        package var code: String
        /// As `KeyboardEvent.keyCode` has it.
        package var keyCode: Int64
        /// What it writes; empty when nothing.
        package var text: String
        /// The keys that are held.
        package var modifiers: Modifiers

        /// The keyboard does `kind`.
        package init(
            _ kind: Kind, key: String, code: String, keyCode: Int64, text: String = "", modifiers: Modifiers = []
        ) {
            (self.kind, self.key, self.code) = (kind, key, code)
            (self.keyCode, self.text, self.modifiers) = (keyCode, text, modifiers)
        }

        package var parameters: JSONObject {
            var parameters: JSONObject = [
                "type": .string(kind.rawValue), "key": .string(key), "code": .string(code),
                "windowsVirtualKeyCode": .integer(keyCode), "modifiers": .integer(modifiers.rawValue),
            ]
            if !text.isEmpty { parameters["text"] = .string(text) }
            return parameters
        }
    }

    /// Writes text where the focus is, as an input method does.
    package struct InsertText: DevToolsCommand {
        package static let method = "Input.insertText"
        /// The text to insert. No key events are sent for it.
        package var text: String

        /// Writes `text`.
        package init(_ text: String) { self.text = text }

        package var parameters: JSONObject { ["text": .string(text)] }
    }
}
