import ArgumentParser
import JSON

/// `mazelclaw browser snapshot`.
struct BrowserSnapshotCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Print what is on a page, with refs by which it can be acted on.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Option(help: "ai: lines of text with refs. aria: a list of nodes.") var format = "ai"
    @Option(help: "The most nodes of a list.") var limit: Int?
    @Option(help: "The most characters of a text.") var maxChars: Int?
    @Option(help: "How deep it goes.") var depth: Int?
    @Flag(help: "Only what can be acted on.") var interactive = false
    @Flag(help: "Leave out what only groups other things.") var compact = false
    @Flag(help: "Short: interactive, compact, 6 deep, and at most 10000 characters.") var efficient = false
    @Option(help: "Only what is in the first element that matches this CSS selector.") var selector: String?
    @Option(help: "Only what is in this frame: a CSS selector, or what the latest snapshot called it.")
    var frame: String?
    @Flag(help: "Take a picture too, with the refs drawn over what is seen.") var labels = false

    func route() -> BrowserRoute {
        var query: JSONObject = ["format": .string(format)]
        query["limit"] = limit.map { .integer(Int64($0)) }
        query["maxChars"] = maxChars.map { .integer(Int64($0)) }
        query["depth"] = depth.map { .integer(Int64($0)) }
        if interactive { query["interactive"] = true }
        if compact { query["compact"] = true }
        if efficient { query["mode"] = "efficient" }
        query["selector"] = selector.map(JSON.string)
        query["frame"] = frame.map(JSON.string)
        if labels { query["labels"] = true }
        return .get("/snapshot", query).about(tab)
    }

    func text(of answer: JSON) -> String {
        guard let nodes = answer["nodes"]?.array else {
            return (answer["snapshot"]?.string ?? "") + (answer["truncated"] == true ? "\n[cut off]" : "")
                + (answer["imagePath"]?.string.map { "\n[picture: \($0)]" } ?? "")
        }
        return nodes.map { node in
            String(repeating: "  ", count: Int(node["depth"]?.integer ?? 0))
                + "\(node["ref"]?.string ?? "") \(node["role"]?.string ?? "") \(node["name"]?.string ?? "")"
        }.joined(separator: "\n")
    }
}

/// `mazelclaw browser screenshot`.
struct BrowserScreenshotCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "screenshot", abstract: "Take a picture of a page, and print where it is.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Flag(help: "All of the page, and not only what is seen.") var fullPage = false
    @Option(help: "The element that the latest snapshot called so.") var ref: String?
    @Option(help: "The first element that matches this CSS selector.") var element: String?
    @Option(help: "The frame that the element is in: a CSS selector, or what the latest snapshot called it.")
    var frame: String?
    @Flag(help: "Draw the refs of the latest snapshot over what is seen.") var labels = false
    @Option(help: "png or jpeg.") var type = "png"

    func route() -> BrowserRoute {
        var body: JSONObject = ["type": .string(type), "fullPage": .bool(fullPage)]
        body["ref"] = ref.map(JSON.string)
        body["element"] = element.map(JSON.string)
        body["frame"] = frame.map(JSON.string)
        if labels { body["labels"] = true }
        return .post("/screenshot", body).about(tab)
    }
    func text(of answer: JSON) -> String { answer["path"]?.string ?? "" }
}

/// `mazelclaw browser pdf`.
struct BrowserPDFCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "pdf", abstract: "Print a page to a PDF, and print where that is.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions

    func route() -> BrowserRoute { .post("/pdf").about(tab) }
    func text(of answer: JSON) -> String { answer["path"]?.string ?? "" }
}

/// `mazelclaw browser console`.
struct BrowserConsoleCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Print what a page wrote to its console, and the dialogs it showed.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Option(help: "Only these: log, warning, error and so on.") var level: String?

    func route() -> BrowserRoute {
        .get("/console", level.map { ["level": .string($0)] } ?? [:]).about(tab)
    }
    func text(of answer: JSON) -> String {
        lines(answer, "messages", none: "nothing") { "\($0["type"]?.string ?? ""): \($0["text"]?.string ?? "")" }
    }
}

/// `mazelclaw browser errors`.
struct BrowserErrorsCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors", abstract: "Print the errors that a page did not catch.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Flag(help: "Forget them then.") var clear = false

    func route() -> BrowserRoute { .get("/errors", clear ? ["clear": true] : [:]).about(tab) }
    func text(of answer: JSON) -> String { lines(answer, "errors", none: "none") { $0["message"]?.string ?? "" } }
}

/// `mazelclaw browser requests`.
struct BrowserRequestsCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "Print what a page asked of servers.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Option(help: "Only those whose address holds this.") var filter: String?
    @Flag(help: "Forget them then.") var clear = false

    func route() -> BrowserRoute {
        var query: JSONObject = clear ? ["clear": true] : [:]
        query["filter"] = filter.map(JSON.string)
        return .get("/requests", query).about(tab)
    }
    func text(of answer: JSON) -> String {
        lines(answer, "requests", none: "none") { request in
            let end = request["status"]?.integer.map { "\($0)" } ?? request["failureText"]?.string ?? "open"
            return "\(end)  \(request["method"]?.string ?? "")  \(request["url"]?.string ?? "")"
        }
    }
}

/// `mazelclaw browser cookies`.
struct BrowserCookiesCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "cookies", abstract: "Print the cookies that a page's requests carry.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions

    func route() -> BrowserRoute { .get("/cookies").about(tab) }
    func text(of answer: JSON) -> String {
        lines(answer, "cookies", none: "none") { "\($0["domain"]?.string ?? "")  \($0["name"]?.string ?? "")" }
    }
}
