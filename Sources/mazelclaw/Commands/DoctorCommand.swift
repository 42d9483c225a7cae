import ArgumentParser
import Gateway
import Glibc
import JSON
import Policy
import Time

/// `mazelclaw doctor`: what is wrong with this instance, and what is set in vain.
struct DoctorCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Say what is wrong with this profile's configuration and files, and what has no effect. Exits 1 when the "
            + "configuration is invalid.",
        discussion: """
            It changes nothing, unless --fix is given: that shows what it is about to change, asks, keeps what it replaces, \
            and leaves a gateway that runs running. What this host can hold for a sandbox is told by mazelclaw-run doctor.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(
        name: [.customLong("fix"), .customLong("repair")],
        help:
            "Put right what can be without a loss: modes, leftovers of killed writers, keys that have another place now."
    )
    var fix = false

    @Flag(help: "With --fix: without a question.")
    var yes = false

    @Flag(help: "For scripts: exit 1 with any finding, also with one that keeps no gateway from starting.")
    var lint = false

    func validate() throws {
        guard !fix || !lint else { throw ValidationError("--fix and --lint exclude each other.") }
        guard !fix || !json else { throw ValidationError("--fix and --json exclude each other.") }
        guard fix || !yes else { throw ValidationError("--yes takes --fix.") }
    }

    func run(in context: Context) async throws -> Int32 {
        guard !fix else { return try await mend(context) }
        let report = try InstanceDiagnosis(context)
        Output.line(json ? report.json.text(pretty: true) : TerminalText.safe(report.text))
        return (lint ? report.isClean : report.isHealthy) ? 0 : 1
    }

    private func mend(_ context: Context) async throws -> Int32 {
        let mending = try Mending(context.instance, at: WallClock.system.now)
        for line in mending.undecided { Output.error("mazelclaw: left as it is: \(line)") }
        guard !mending.isEmpty else {
            Output.line("There is nothing that can be put right without being asked about")
            return try finish(context)
        }
        for line in mending.difference { Output.line(TerminalText.safe(line)) }
        if !yes {
            guard isatty(STDIN_FILENO) == 1 else {
                Output.error(
                    "mazelclaw: nothing was changed: --fix asks, and standard input is no terminal; give --yes")
                return Policy.ExitCode.usage.rawValue
            }
            do throws(Questions.End) {
                guard try await Questions().confirm("Change this?", proposal: false) else { throw .declined }
            } catch {
                Output.error("mazelclaw: nothing was changed")
                return 1
            }
        }
        try mending.apply()
        if mending.changesConfiguration {
            Output.line("The configuration as it was is version 1; `config rollback 1` puts it back")
        }
        if mending.files.contains(where: { $0.kind == .leftover }) {
            Output.line(TerminalText.safe("What was left behind is in \(mending.backup)"))
        }
        return try finish(context)
    }

    /// Says how it is now.
    private func finish(_ context: Context) throws -> Int32 {
        let report = try InstanceDiagnosis(context)
        Output.line(TerminalText.safe(report.text))
        return report.isHealthy ? 0 : 1
    }
}
