import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy

/// `mazelclaw browser status`: what there is of the browser.
struct BrowserStatusCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say whether this profile's browser can be used. This version has none, and exits 1.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let instance = try context.located()
        let configuration = try GatewayConfiguration(instance: instance, file: ConfigurationFile.load(for: instance))
        let ports = configuration.ports.value
        guard json else {
            Output.error(
                "mazelclaw: this version has no browser service; port \(ports.control), and \(ports.cdp.lowerBound) to "
                    + "\(ports.cdp.upperBound) for Chromium, are kept for the one of profile \"\(instance.name)\"")
            return 1
        }
        let answer: JSON = [
            "profile": .string(instance.name.text), "enabled": false, "running": false,
            "controlPort": .integer(Int64(ports.control)),
            "cdpPorts": [.integer(Int64(ports.cdp.lowerBound)), .integer(Int64(ports.cdp.upperBound))],
            "detail": "this version has no browser service",
        ]
        Output.line(answer.text(pretty: true))
        return 1
    }
}
