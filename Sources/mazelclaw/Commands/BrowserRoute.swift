import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// What every command about a browser takes.
struct BrowserOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The browser profile. Without it: browser.defaultProfile.", valueName: "name"))
    var browserProfile: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false
}

/// What every command about a tab takes.
struct TabOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The tab, or the beginning of its id. Without it: the one used last.", valueName: "id"))
    var targetID: String?
}

/// A request to one route of browser control.
struct BrowserRoute {
    var method: String
    var path: String
    var query: JSONObject = [:]
    var body: JSONObject?

    static func get(_ path: String, _ query: JSONObject = [:]) -> BrowserRoute {
        BrowserRoute(method: "GET", path: path, query: query)
    }

    static func post(_ path: String, _ body: JSONObject = [:]) -> BrowserRoute {
        BrowserRoute(method: "POST", path: path, body: body)
    }

    static func act(_ kind: String, _ body: JSONObject = [:]) -> BrowserRoute {
        var body = body
        body["kind"] = .string(kind)
        return .post("/act", body)
    }

    /// The same about the tab that `options` name.
    func about(_ options: TabOptions) -> BrowserRoute {
        var route = self
        guard let id = options.targetID else { return route }
        if body == nil { route.query["targetId"] = .string(id) } else { route.body?["targetId"] = .string(id) }
        return route
    }

    /// What the gateway of `context` answers. Throws `ClientError` and `ConfigurationError`.
    func ask(_ context: Context, _ options: BrowserOptions) async throws -> JSON {
        var query = query
        query["profile"] = options.browserProfile.map(JSON.string)
        var request: JSONObject = [
            "method": .string(method), "path": .string(path), "query": .object(query), "timeoutMs": 120_000,
        ]
        request["body"] = body.map(JSON.object)
        return try await GatewayClient.ask(context, "browser.request", .object(request), scope: .write)
    }
}

/// A command that asks one route, and prints what it answers.
protocol BrowserRouteCommand: InstanceCommand {
    var options: BrowserOptions { get }
    func route() throws -> BrowserRoute
    /// What is printed of an answer.
    func text(of answer: JSON) -> String
}

extension BrowserRouteCommand {
    func run(in context: Context) async throws -> Int32 {
        let answer = try await route().ask(context, options)
        // What stands on a page is a stranger's word.
        Output.line(options.json ? answer.text(pretty: true) : TerminalText.safe(text(of: answer)))
        return 0
    }

    /// Where the page is.
    func text(of answer: JSON) -> String { answer["url"]?.string ?? "done" }

    /// The elements of the array `name` of `answer`, each as `line` has it.
    func lines(_ answer: JSON, _ name: String, none: String, _ line: (JSON) -> String) -> String {
        let elements = answer[name]?.array ?? []
        return elements.isEmpty ? none : elements.map(line).joined(separator: "\n")
    }
}
