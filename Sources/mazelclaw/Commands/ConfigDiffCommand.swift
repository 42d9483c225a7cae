import ArgumentParser
import Configuration
import Gateway
import Time

/// `mazelclaw config diff`: what the configuration says otherwise than an earlier version.
struct ConfigDiffCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show the lines in which the configuration differs from an earlier version. Exits 1 when any do.",
        discussion: "Secrets are not shown; where only they differ, that is said.")

    @Argument(
        help: ArgumentHelp(
            "The earlier version, as config history calls it. Without it: the one that config rollback puts back.",
            valueName: "version"))
    var version: String?

    func run(in context: Context) async throws -> Int32 {
        var differs = false
        let code = try reportingFailure {
            let versions = try ConfigurationStore(context.instance).versions()
            let current = try self.version(ConfigurationVersion.current, among: versions)
            guard
                let earlier = try version.map({ try self.version($0, among: versions) })
                    ?? ConfigurationStore.wayBack(among: versions)
            else { return Output.line("There is no version that differs and can be used") }
            differs = earlier.snapshot.text != current.snapshot.text
            guard let old = earlier.snapshot.shownText, let new = current.snapshot.shownText else {
                let broken = earlier.snapshot.shownText == nil ? earlier : current
                return Output.error(
                    "the version \(broken.name) is no JSON5, so its secrets cannot be told from the rest; compare the files: "
                        + "diff \(earlier.path) \(current.path)")
            }
            Output.line("--- \(earlier.name), \(RFC3339.text(earlier.writtenAt))")
            Output.line("+++ \(current.name), \(RFC3339.text(current.writtenAt))")
            for line in TextDifference.lines(from: old, to: new) { Output.line(TerminalText.safe(line)) }
            if differs, old == new { Output.line("Only secrets differ") }
        }
        return code == 0 && differs ? 1 : code
    }
}
