import ArgumentParser
import Configuration
import Gateway
import JSON

/// `mazelclaw config schema`: prints what may stand in the configuration.
struct ConfigSchemaCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print what may stand in the configuration, as a JSON Schema or as a list of keys.")

    @Flag(help: "Print a line for each key: path, type, default, meaning.")
    var keys = false

    func run(in context: Context) async throws -> Int32 {
        if keys {
            for line in ConfigurationSchema.root.keyLines { Output.line(line) }
        } else {
            Output.line(ConfigurationSchema.root.jsonSchema.text(pretty: true))
        }
        return 0
    }
}
