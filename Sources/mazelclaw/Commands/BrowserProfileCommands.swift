import ArgumentParser
import JSON

/// `mazelclaw browser create-profile`.
struct BrowserCreateProfileCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-profile", abstract: "Make a browser profile: a browser with user data of its own.",
        discussion: "It is entered in the configuration. It is driven over a pipe unless a port or an address is given."
    )
    @OptionGroup var options: BrowserOptions
    @Argument(help: "Its name: lower-case letters, digits and hyphens.") var name: String
    @Option(help: "Six hexadecimal digits. Without it: one that is not taken.") var color: String?
    @Option(help: "The DevTools address of a browser that runs already.") var cdpURL: String?
    @Option(help: "Its DevTools port, or auto for the first that is free. DevTools have no password.")
    var cdpPort: String?

    func validate() throws {
        guard cdpURL == nil || cdpPort == nil else {
            throw ValidationError("Give --cdp-url or --cdp-port, and not both.")
        }
    }

    func route() -> BrowserRoute {
        var body: JSONObject = ["name": .string(name)]
        body["color"] = color.map(JSON.string)
        body["cdpUrl"] = cdpURL.map(JSON.string)
        body["cdpPort"] = cdpPort.map { text in UInt16(text).map { .integer(Int64($0)) } ?? .string(text) }
        return .post("/profiles/create", body)
    }
    func text(of answer: JSON) -> String {
        let name = answer["profile"]?.string ?? ""
        return "\(name): made, \(answer["cdpUrl"]?.string.map { "at \($0)" } ?? "driven over a pipe")"
    }
}

/// `mazelclaw browser delete-profile`.
struct BrowserDeleteProfileCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete-profile",
        abstract: "End a profile's browser, and delete the profile with its user data and downloads.")
    @OptionGroup var options: BrowserOptions
    @Argument(help: "Its name.") var name: String

    func route() -> BrowserRoute { BrowserRoute(method: "DELETE", path: "/profiles/\(name)") }
    func text(of answer: JSON) -> String {
        "\(answer["profile"]?.string ?? ""): deleted\(answer["deleted"] == true ? ", with its files" : "")"
    }
}

/// `mazelclaw browser reset-profile`.
struct BrowserResetProfileCommand: BrowserRouteCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-profile",
        abstract: "End a profile's browser, and remove its user data: cookies, storage and cache.")
    @OptionGroup var options: BrowserOptions

    func route() -> BrowserRoute { .post("/reset-profile") }
    func text(of answer: JSON) -> String {
        "\(answer["profile"]?.string ?? ""): \(answer["removed"] == true ? "reset" : "had no user data")"
    }
}
