import ArgumentParser
import JSON

extension JSON {
    /// The tab's id, its address and its title, for one line of a listing.
    fileprivate var tabLine: String {
        "\(self["targetId"]?.string ?? "")  \(self["url"]?.string ?? "")  \(self["title"]?.string ?? "")"
    }
}

/// `mazelclaw browser tabs`.
struct BrowserTabsCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "tabs", abstract: "List the tabs.")
    @OptionGroup var options: BrowserOptions

    func route() -> BrowserRoute { .get("/tabs") }
    func text(of answer: JSON) -> String {
        lines(answer, "tabs", none: answer["running"] == true ? "no tabs" : "not running") { $0.tabLine }
    }
}

/// `mazelclaw browser open`.
struct BrowserOpenCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open a page in a new tab, and start the browser where it does not run.")
    @OptionGroup var options: BrowserOptions
    @Argument(help: "The address: http, https, data, or about:blank.") var url: String

    func route() -> BrowserRoute { .post("/tabs/open", ["url": .string(url)]) }
    func text(of answer: JSON) -> String { answer.tabLine }
}

/// `mazelclaw browser focus`.
struct BrowserFocusCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "focus", abstract: "Show a tab in front.")
    @OptionGroup var options: BrowserOptions
    @Argument(help: "The tab, or the beginning of its id.") var targetID: String

    func route() -> BrowserRoute { .post("/tabs/focus", ["targetId": .string(targetID)]) }
}

/// `mazelclaw browser close`.
struct BrowserCloseCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "close", abstract: "Close a tab.")
    @OptionGroup var options: BrowserOptions
    @Argument(help: "The tab, or the beginning of its id. Without it: the one used last.") var targetID: String?

    func route() -> BrowserRoute {
        targetID.map { BrowserRoute(method: "DELETE", path: "/tabs/\($0)") } ?? .act("close")
    }
    func text(of answer: JSON) -> String { "closed" }
}

/// `mazelclaw browser navigate`.
struct BrowserNavigateCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "navigate", abstract: "Go to an address in a tab, and wait until the page is loaded.")
    @OptionGroup var options: BrowserOptions
    @OptionGroup var tab: TabOptions
    @Argument(help: "The address: http, https, data, or about:blank.") var url: String

    func route() -> BrowserRoute { .post("/navigate", ["url": .string(url)]).about(tab) }
}
