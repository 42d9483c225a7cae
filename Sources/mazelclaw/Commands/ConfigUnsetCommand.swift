import ArgumentParser
import Configuration
import Gateway
import JSON

/// `mazelclaw config unset`: takes one value out of the file.
struct ConfigUnsetCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "unset",
        abstract: "Take a value out. Elements behind it move up; comments stay.")

    @Argument(help: ArgumentHelp("Where.", valueName: "path"))
    var path: String

    @OptionGroup var base: ConfigBase

    func run(in context: Context) async throws -> Int32 {
        try reportingFailure {
            let place = try ConfigurationPath(path)
            let store = ConfigurationStore(context.instance)
            let before = try store.snapshot()
            if let resolved = before.resolved, let written = before.document?.value, place.value(in: written) == nil,
                place.value(in: resolved) != nil
            {
                throw ConfigurationChangeError.included(path)
            }
            let after = try store.unset(place, base: base.value)
            Output.line("Removed \(path). \(ReloadPlan.effect(from: before, to: after))")
        }
    }
}
