import ArgumentParser
import Gateway
import JSON

/// `mazelclaw doctor`: what is wrong with this instance, and what is set in vain.
struct DoctorCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Say what is wrong with this profile's configuration, and what in it has no effect. Exits 1 when it is "
            + "invalid.",
        discussion: "What this host can hold for a sandbox is told by mazelclaw-run doctor.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let report = try DoctorReport(context)
        Output.line(json ? report.json.text(pretty: true) : TerminalText.safe(report.text))
        return report.isHealthy ? 0 : 1
    }
}
