import ArgumentParser
import Configuration
import Gateway
import GatewayProtocol
import JSON
import Policy

/// `mazelclaw browser status`: how the browser is.
struct BrowserStatusCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract:
            "Say whether this profile's browser can be used. Exits 1 when the gateway or the browser does not answer.",
        discussion: """
            "Chromium's own sandbox" is what the kernel shows of the processes that show pages: whether each is in a PID \
            namespace of its own and has a filter of system calls besides those of its launcher.
            """)

    @OptionGroup var options: BrowserOptions

    func run(in context: Context) async throws -> Int32 {
        let instance = try context.located()
        let (file, _) = Context.configurationFile(of: instance)
        let ports = try GatewayConfiguration(instance: instance, file: file).ports.value
        var status: JSONObject
        do {
            let answer = try await BrowserRoute.get("/").ask(context, options)
            status = answer.object ?? [:]
        } catch let error as ClientError {
            status = [
                "profile": options.browserProfile.map(JSON.string) ?? .null, "running": false,
                "controlPort": .integer(Int64(ports.control)), "detail": .string("\(error)"),
            ]
            status["cdpPorts"] = ports.cdpJSON
            if options.json {
                Output.line(JSON.object(status).text(pretty: true))
            } else {
                Output.error(
                    "mazelclaw: \(error); port \(ports.control), and \(ports.cdp.lowerBound) to "
                        + "\(ports.cdp.upperBound) for DevTools, are kept for the browsers of profile \"\(instance.name)\""
                )
            }
            return 1
        }
        status["cdpPorts"] = ports.cdpJSON
        // One that does not run is started when something is asked of it.
        let isDead = status["running"] == true && status["cdpReady"] == false
        if options.json {
            Output.line(JSON.object(status).text(pretty: true))
        } else {
            Output.line(TerminalText.safe(Output.fields(Self.rows(.object(status)), width: 16)))
            if isDead {
                Output.error(
                    "mazelclaw: the browser runs and does not answer; it is started again at the next request, or stop it"
                )
            }
        }
        return isDead ? 1 : 0
    }

    private static func rows(_ status: JSON) -> [(String, String)] {
        let isRunning = status["running"] == true
        func text(_ name: String) -> String { status[name]?.string ?? "none" }
        var rows = [
            ("Browser profile", text("profile")),
            (
                "Running",
                isRunning
                    ? "yes, \(place(status)), \(text("product"))"
                    : status["enabled"] == false ? "no: browser.enabled is false" : "no"
            ),
            ("Tabs", "\(status["tabs"]?.integer ?? 0)"),
            ("Memory", status["memoryBytes"]?.integer.map { "\($0 >> 20) MiB" } ?? "none"),
            ("Control port", "\(status["controlPort"]?.integer ?? 0), on loopback"),
            (
                "DevTools",
                status["cdpPort"]?.integer.map { "port \($0), without a password" } ?? status["cdpUrl"]?.string
                    ?? "a pipe, and no port"
            ),
            ("Program", status["detectedExecutablePath"]?.string ?? text("detectError")),
            ("User data", text("userDataDir")), ("Downloads", text("downloadsDir")), ("Own sandbox", sandbox(status)),
        ]
        if let error = status["lastError"]?.string { rows.append(("Ended", error)) }
        return rows
    }

    /// Where it runs, in a few words.
    private static func place(_ status: JSON) -> String {
        if let process = status["pid"]?.integer { return "process \(process)" }
        return status["ownCage"] == true ? "in a sandbox beside the gateway's" : "elsewhere"
    }

    private static func sandbox(_ status: JSON) -> String {
        if status["noSandbox"] == true { return "OFF: browser.noSandbox is true" }
        return switch status["sandbox"]?["holds"] {
        case .bool(true): "on, in all \(status["sandbox"]?["renderers"]?.integer ?? 0) processes that show pages"
        case .bool(false): "DOES NOT HOLD in every process that shows pages"
        default: "nothing to see: no page is shown by a process of this host"
        }
    }
}

extension PortSet {
    /// The DevTools ports, the first and the last.
    fileprivate var cdpJSON: JSON { [.integer(Int64(cdp.lowerBound)), .integer(Int64(cdp.upperBound))] }
}
