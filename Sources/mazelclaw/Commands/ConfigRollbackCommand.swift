import ArgumentParser
import Configuration
import Gateway
import Time

/// `mazelclaw config rollback`: puts an earlier version of the configuration in place.
struct ConfigRollbackCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Put an earlier version of the configuration in its place. What stands there becomes version 1.",
        discussion: """
            Without VERSION it is the last one that a gateway ran with, or where that is what stands there, the newest that \
            can be used.
            """)

    @Argument(help: ArgumentHelp("The version, as config history calls it.", valueName: "version"))
    var version: String?

    @OptionGroup var base: ConfigBase

    func run(in context: Context) async throws -> Int32 {
        try reportingFailure {
            let store = ConfigurationStore(context.instance)
            let before = try store.snapshot()
            let versions = try store.versions()
            guard
                let earlier = try version.map({ try self.version($0, among: versions) })
                    ?? ConfigurationStore.wayBack(among: versions), let text = earlier.snapshot.text
            else {
                throw ConfigurationError.blocked("there is no version to go back to: none that differs can be used")
            }
            let after = try store.replace(with: text, base: base.value)
            Output.line(
                "Put back \(earlier.name), written at \(RFC3339.text(earlier.writtenAt)), as \(after.path). "
                    + ReloadPlan.effect(from: before, to: after))
        }
    }
}
