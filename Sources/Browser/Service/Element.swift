import DevTools
import JSON

/// An element of a page that something is done to.
struct Element: Sendable {
    let ref: ElementRef
    /// The node, by the id that it keeps as long as it is there.
    let node: Int64
    /// The name it is called by in errors.
    let name: String
    /// The session of its frame.
    let session: DevToolsSession

    private static let group = "browser-control"

    /// Does `body`, and says of an element that is gone by now that there is none. Throws `BrowserFault` and `DevToolsError`.
    private func present<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch DevToolsError.refused(_, _, let message)
            where message.contains("node") || message.contains("Node") || message.contains("layout object")
        {
            throw BrowserFault(
                404,
                "\"\(name)\" (\(ref.role) \"\(ref.name)\") is not there or not visible: \(message). Run a new snapshot."
            )
        } catch DevToolsError.sessionEnded, DevToolsError.refused(method: _, code: -32001, message: _) {
            throw BrowserFault(404, "the frame of \"\(name)\" is gone. Run a new snapshot.")
        }
    }

    /// Brings it into view.
    func scrollIntoView() async throws {
        try await present { try await session.send(DOMDomain.ScrollIntoViewIfNeeded(node)) }
    }

    /// Gives it the focus.
    func focus() async throws {
        try await present { try await session.send(DOMDomain.Focus(node)) }
    }

    /// Where it is seen, from the corner of what is seen of its frame.
    func place() async throws -> Rectangle {
        try await scrollIntoView()
        let places = try await present { try await session.send(DOMDomain.GetContentQuads(node)) }
        guard let place = places.first(where: { $0.width > 0 && $0.height > 0 }) else {
            throw BrowserFault(404, "\"\(name)\" (\(ref.role) \"\(ref.name)\") takes no room on the page")
        }
        return place
    }

    /// Where a click on it goes, in CSS pixels from the upper left corner of the view.
    private func middle() async throws -> (x: Double, y: Double) {
        let place = try await place()
        return (place.x + place.width / 2, place.y + place.height / 2)
    }

    /// Moves the mouse there.
    func hover() async throws {
        let (x, y) = try await middle()
        try await session.send(InputDomain.DispatchMouseEvent(.mouseMoved, x: x, y: y))
    }

    /// Clicks it `count` times.
    func click(
        _ button: InputDomain.MouseButton = .left, count: Int64 = 1, holding modifiers: InputDomain.Modifiers = []
    ) async throws {
        let (x, y) = try await middle()
        try await session.send(InputDomain.DispatchMouseEvent(.mouseMoved, x: x, y: y, modifiers: modifiers))
        for number in 1...count {
            for kind in [InputDomain.DispatchMouseEvent.Kind.mousePressed, .mouseReleased] {
                try await session.send(
                    InputDomain.DispatchMouseEvent(
                        kind, x: x, y: y, button: button, modifiers: modifiers, clickCount: number))
            }
        }
    }

    /// Drags it to `other`, which must be in the same frame.
    func drag(to other: Element) async throws {
        guard other.session.id == session.id else {
            throw BrowserFault(400, "nothing can be dragged from one frame to another")
        }
        let to = try await other.middle()
        // Last, because the page may have been scrolled.
        let from = try await middle()
        try await session.send(InputDomain.DispatchMouseEvent(.mouseMoved, x: from.x, y: from.y))
        try await session.send(
            InputDomain.DispatchMouseEvent(.mousePressed, x: from.x, y: from.y, button: .left, clickCount: 1))
        for step in 1...5 {
            let part = Double(step) / 5
            try await session.send(
                InputDomain.DispatchMouseEvent(
                    .mouseMoved, x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, button: .left))
        }
        try await session.send(
            InputDomain.DispatchMouseEvent(.mouseReleased, x: to.x, y: to.y, button: .left, clickCount: 1))
    }

    /// Has `text` stand in it, in place of what does.
    func fill(_ text: String) async throws {
        try await focus()
        let canBeWritten = try await call(
            """
            function(text) {
                if (this.disabled || this.readOnly) return false;
                // What has parts or a picker of its own is set as a whole.
                const whole = ['color', 'date', 'datetime-local', 'month', 'range', 'time', 'week'];
                if (this instanceof HTMLInputElement && whole.includes(this.type)) {
                    this.value = text;
                    this.dispatchEvent(new Event('input', { bubbles: true }));
                    this.dispatchEvent(new Event('change', { bubbles: true }));
                    return this.value.toLowerCase() === text.toLowerCase() ? 'set' : this.type;
                }
                if (typeof this.select === 'function') { this.select(); return true; }
                if (!this.isContentEditable) return false;
                const range = document.createRange();
                range.selectNodeContents(this);
                const selection = getSelection();
                selection.removeAllRanges();
                selection.addRange(range);
                return true;
            }
            """, [.string(text)])
        if canBeWritten == "set" { return }
        if let type = canBeWritten?.string {
            throw BrowserFault(
                400,
                "\"\(name)\" takes no \"\(text.prefix(100))\": write what an input of the type \(type) has as its value, such as "
                    + "2026-01-31, 2026-01-31T08:00, 2026-01, 2026-W05, 08:00, #ff4500 or a number in its range")
        }
        guard canBeWritten == true else {
            throw BrowserFault(400, "\"\(name)\" (\(ref.role) \"\(ref.name)\") takes no text")
        }
        if text.isEmpty {
            try await KeyPress("Delete").press(in: session)
        } else {
            try await session.send(InputDomain.InsertText(text))
        }
    }

    /// Checks it or not, where it is something to be checked.
    func check(_ isOn: Bool) async throws {
        guard try await call("function() { return this.checked }") != .bool(isOn) else { return }
        try await click()
        guard try await call("function() { return this.checked }") == .bool(isOn) else {
            throw BrowserFault(
                400, "\"\(name)\" (\(ref.role) \"\(ref.name)\") cannot be \(isOn ? "checked" : "unchecked")")
        }
    }

    /// Chooses those of a list that have one of `values`, or are called so. Returns the values that are chosen then.
    func select(_ values: [String]) async throws -> JSON {
        let chosen = try await call(
            """
            function(values) {
                if (!(this instanceof HTMLSelectElement)) return null;
                const wanted = [...this.options].filter(o => values.includes(o.value) || values.includes(o.label));
                if (wanted.length === 0 && values.length > 0) return undefined;
                if (this.multiple) for (const o of this.options) o.selected = wanted.includes(o);
                else if (wanted.length > 0) wanted[0].selected = true;
                this.dispatchEvent(new Event('input', { bubbles: true }));
                this.dispatchEvent(new Event('change', { bubbles: true }));
                return [...this.selectedOptions].map(o => o.value);
            }
            """, [.array(values.map(JSON.string))])
        switch chosen {
        case .array: return chosen ?? .null
        case .null?: throw BrowserFault(400, "\"\(name)\" (\(ref.role) \"\(ref.name)\") is no list to choose from")
        default: throw BrowserFault(400, "\"\(name)\" offers none of \(values.joined(separator: ", "))")
        }
    }

    /// Calls `function` on it. Nil when it returns `undefined`.
    func call(_ function: String, _ arguments: [JSON] = []) async throws -> JSON? {
        try await present {
            let object = try await session.send(DOMDomain.ResolveNode(node, group: Self.group))
            let result = try await session.send(RuntimeDomain.CallFunctionOn(function, on: object, arguments))
            try await session.send(RuntimeDomain.ReleaseObjectGroup(Self.group))
            switch result {
            case .value(let value): return value.value
            case .exception(let text): throw BrowserFault(400, "the page threw: \(text)")
            }
        }
    }
}
