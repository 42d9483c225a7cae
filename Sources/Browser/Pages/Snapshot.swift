import DevTools
import JSON

/// A page as text for a model: one line for each thing on it, with a name to act on it by.
struct Snapshot: Sendable {
    /// The lines.
    private(set) var text = ""
    /// The elements by their names, `e1` and so on.
    private(set) var refs: [String: ElementRef] = [:]
    /// The names in their order.
    private(set) var names: [String] = []
    /// Whether the text was cut off.
    private(set) var isTruncated = false
    private(set) var lineCount = 0
    private var lastLine = ""

    /// What can be acted on.
    private static let interactive: Set<String> = [
        "button", "link", "textbox", "checkbox", "radio", "combobox", "listbox", "menuitem", "menuitemcheckbox",
        "menuitemradio", "option", "searchbox", "slider", "spinbutton", "switch", "tab", "treeitem", "ColorWell",
        "Date",
        "DateTime", "InputTime", "DisclosureTriangle", "DisclosureTriangleGrouped", "MenuListPopup",
    ]
    /// What says something by itself.
    private static let content: Set<String> = [
        "heading", "cell", "gridcell", "columnheader", "rowheader", "listitem", "article", "region", "main",
        "navigation",
        "image", "img", "form", "dialog", "alert", "alertdialog", "table", "row", "list", "banner", "contentinfo",
        "complementary", "search", "status", "figure", "Iframe", "paragraph", "code", "blockquote", "term",
        "definition",
    ]
    /// What stands for nothing but the text in it.
    private static let passing: Set<String> = [
        "StaticText", "RootWebArea", "LabelText", "LayoutTable", "LayoutTableRow", "LayoutTableCell",
    ]

    init(_ tree: AccessibilityTree, _ options: SnapshotOptions) {
        /// The depths of those that were shown and are still open.
        var shown: [Int] = []
        var length = 0
        for entry in tree.entries {
            while let last = shown.last, last >= entry.content.depth { shown.removeLast() }
            if let depth = options.depth, shown.count > depth { continue }
            guard let line = line(entry.content, options) else { continue }
            let written = String(repeating: "  ", count: shown.count) + line.text
            if let limit = options.characters, length + written.count + 1 > limit {
                isTruncated = true
                break
            }
            if let ref = line.ref {
                refs[ref] = ElementRef(
                    session: entry.session, node: entry.node, role: Self.word(entry.content.role),
                    name: entry.content.name)
                names.append(ref)
            }
            if !text.isEmpty { text += "\n" }
            text += written
            lastLine = written
            length += written.count + 1
            lineCount += 1
            // Text is in what it stands in.
            if !Self.isText(entry.content) { shown.append(entry.content.depth) }
        }
    }

    private static func isText(_ node: PageDocument.Entry) -> Bool { node.role == "StaticText" }

    /// What `node` is written as; nil when it is not shown.
    private func line(_ node: PageDocument.Entry, _ options: SnapshotOptions) -> (text: String, ref: String?)? {
        let isInteractive = Self.interactive.contains(node.role)
        let isContent = Self.content.contains(node.role)
        let name = Self.flat(node.name)
        if options.isInteractive {
            guard isInteractive else { return nil }
        } else if Self.isText(node) {
            // What an element that was shown is called it says itself.
            guard !name.isEmpty, !isNamed(name) else { return nil }
            return ("- text: \(name)", nil)
        } else {
            guard !Self.passing.contains(node.role) else { return nil }
            if options.isCompact, !isInteractive, name.isEmpty, node.value ?? "" == "" { return nil }
        }
        var text = "- \(Self.word(node.role))"
        if !name.isEmpty { text += " \(JSON.string(name).text())" }
        var ref: String?
        if isInteractive || isContent && !name.isEmpty || node.role == "Iframe" {
            let new = "e\(refs.count + 1)"
            text += " [ref=\(new)]"
            ref = new
        }
        text += Self.states(node)
        if let value = node.value, !value.isEmpty, isInteractive { text += ": \(JSON.string(Self.flat(value)).text())" }
        return (text, ref)
    }

    /// Whether the last line says `name` already, of the element that a text of this name is in.
    private func isNamed(_ name: String) -> Bool {
        lastLine.contains(JSON.string(name).text())
    }

    private static func states(_ node: PageDocument.Entry) -> String {
        var text = ""
        if let level = node.states["level"]?.integer { text += " [level=\(level)]" }
        for name in ["checked", "pressed", "expanded", "selected"] {
            switch node.states[name] {
            case .bool(true), .string("true"): text += " [\(name)]"
            case .string("mixed"): text += " [\(name)=mixed]"
            default: continue
            }
        }
        for name in ["disabled", "required", "readonly", "focused"] where node.states[name] == true {
            text += " [\(name)]"
        }
        return text
    }

    /// WAI-ARIA's word for a role that Chromium has another one for.
    private static func word(_ role: String) -> String {
        switch role {
        case "Iframe": "iframe"
        case "MenuListPopup": "combobox"
        case "ColorWell", "Date", "DateTime", "InputTime": "textbox"
        case "DisclosureTriangle", "DisclosureTriangleGrouped": "button"
        case "image": "img"
        default: role
        }
    }

    /// On one line, and without spaces at its ends.
    private static func flat(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
