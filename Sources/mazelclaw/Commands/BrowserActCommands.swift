import ArgumentParser
import JSON

/// `mazelclaw browser click`.
struct BrowserClickCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "click", abstract: "Click an element.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "What the latest snapshot called it.") var ref: String
    @Flag(help: "Twice.") var double = false
    @Option(help: "left, middle or right.") var button = "left"
    @Option(name: .customLong("modifier"), help: "A key that is held: Alt, Control, Meta or Shift. Again for more.")
    var modifiers: [String] = []

    func route() -> BrowserRoute {
        .act(
            "click",
            [
                "ref": .string(ref), "doubleClick": .bool(double), "button": .string(button),
                "modifiers": .array(modifiers.map(JSON.string)),
            ]
        ).about(tab)
    }
}

/// `mazelclaw browser type`.
struct BrowserTypeCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "type", abstract: "Write text into an element, in place of what stands there.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "What the latest snapshot called it.") var ref: String
    @Argument(help: "The text.") var text: String
    @Flag(help: "Press Enter then.") var submit = false
    @Flag(help: "Key by key, after what stands there.") var slowly = false

    func route() -> BrowserRoute {
        .act(
            "type",
            ["ref": .string(ref), "text": .string(text), "submit": .bool(submit), "slowly": .bool(slowly)]
        ).about(tab)
    }
}

/// `mazelclaw browser press`.
struct BrowserPressCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "press", abstract: "Press a key.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "The key, with those that are held: Enter, Control+a.") var key: String

    func route() -> BrowserRoute { .act("press", ["key": .string(key)]).about(tab) }
}

/// `mazelclaw browser hover`.
struct BrowserHoverCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "hover", abstract: "Move the mouse over an element.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "What the latest snapshot called it.") var ref: String

    func route() -> BrowserRoute { .act("hover", ["ref": .string(ref)]).about(tab) }
}

/// `mazelclaw browser drag`.
struct BrowserDragCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "drag", abstract: "Drag one element to another.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "What the latest snapshot called the first.") var start: String
    @Argument(help: "What it called the other.") var end: String

    func route() -> BrowserRoute {
        .act("drag", ["startRef": .string(start), "endRef": .string(end)]).about(tab)
    }
}

/// `mazelclaw browser select`.
struct BrowserSelectCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "select", abstract: "Choose from a list.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "What the latest snapshot called the list.") var ref: String
    @Argument(help: "The values, or what they are called.") var values: [String]

    func route() -> BrowserRoute {
        .act("select", ["ref": .string(ref), "values": .array(values.map(JSON.string))]).about(tab)
    }
}

/// `mazelclaw browser fill`.
struct BrowserFillCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill", abstract: "Fill in several elements of a form.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "The elements and what is to stand there, JSON: [{\"ref\": \"e1\", \"value\": \"text\"}].")
    var fields: String

    func validate() throws {
        guard (try? JSON(parsing: Array(fields.utf8)))?.array != nil else {
            throw ValidationError("the fields must be a JSON array.")
        }
    }

    func route() throws -> BrowserRoute {
        .act("fill", ["fields": try JSON(parsing: Array(fields.utf8))]).about(tab)
    }
}

/// `mazelclaw browser wait`.
struct BrowserWaitCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait for something on a page. Exits 1 when it does not come about.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Option(help: "Text that is to be there.") var text: String?
    @Option(help: "Text that is to be gone.") var textGone: String?
    @Option(help: "A CSS selector that is to match.") var selector: String?
    @Option(help: "What the address is to hold.") var url: String?
    @Option(help: "How long at most, in milliseconds.") var timeoutMs = 20_000

    func validate() throws {
        guard [text, textGone, selector, url].contains(where: { $0 != nil }) else {
            throw ValidationError("Say what to wait for: --text, --text-gone, --selector or --url.")
        }
    }

    func route() -> BrowserRoute {
        var body: JSONObject = ["timeoutMs": .integer(Int64(timeoutMs))]
        body["text"] = text.map(JSON.string)
        body["textGone"] = textGone.map(JSON.string)
        body["selector"] = selector.map(JSON.string)
        body["url"] = url.map(JSON.string)
        return .act("wait", body).about(tab)
    }
}

/// `mazelclaw browser evaluate`.
struct BrowserEvaluateCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Run a script in a page, where browser.evaluateEnabled is true, and print what it returns.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "A function in JavaScript.") var function: String
    @Option(help: "The element that it is given, as the latest snapshot called it.") var ref: String?

    func route() -> BrowserRoute {
        var body: JSONObject = ["fn": .string(function)]
        body["ref"] = ref.map(JSON.string)
        return .act("evaluate", body).about(tab)
    }
    func text(of answer: JSON) -> String { (answer["result"] ?? .null).text(pretty: true) }
}
