import ArgumentParser
import JSON

/// `mazelclaw browser start`.
struct BrowserStartCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start the browser.")
    @OptionGroup var options: BrowserOptions

    func route() -> BrowserRoute { .post("/start") }
    func text(of answer: JSON) -> String { "\(answer["profile"]?.string ?? ""): started" }
}

/// `mazelclaw browser stop`.
struct BrowserStopCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "End the browser.")
    @OptionGroup var options: BrowserOptions

    func route() -> BrowserRoute { .post("/stop") }
    func text(of answer: JSON) -> String {
        "\(answer["profile"]?.string ?? ""): \(answer["stopped"] == true ? "stopped" : "was not running")"
    }
}

/// `mazelclaw browser profiles`.
struct BrowserProfilesCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(commandName: "profiles", abstract: "List the browser profiles.")
    @OptionGroup var options: BrowserOptions

    func route() -> BrowserRoute { .get("/profiles") }
    func text(of answer: JSON) -> String {
        lines(answer, "profiles", none: "none") { profile in
            let name = profile["name"]?.string ?? ""
            let isDefault = profile["isDefault"] == true ? " (default)" : ""
            return "\(name)\(isDefault): \(profile["running"] == true ? "running" : "not running")"
        }
    }
}
