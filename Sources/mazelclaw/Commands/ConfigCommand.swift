import ArgumentParser
import Configuration
import Files
import Gateway
import JSON
import Policy

/// `mazelclaw config`: looks at the configuration and changes it.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration, and change it.",
        discussion: """
            PATH is written with dots and brackets: gateway.port, agents.list[0].id, models[a.b]. A backslash takes the \
            meaning from the character after it.
            """,
        subcommands: [
            ConfigGetCommand.self, ConfigSetCommand.self, ConfigUnsetCommand.self, ConfigValidateCommand.self,
            ConfigSchemaCommand.self, ConfigHistoryCommand.self, ConfigDiffCommand.self, ConfigRollbackCommand.self,
        ])
}

extension InstanceCommand {
    /// Does `body`; what is wrong with the configuration or the path ends the command with code 1, as scripts expect.
    func reportingFailure(_ body: () throws -> Void) throws -> Int32 {
        do {
            try body()
            return 0
        } catch let error as ConfigurationChangeError {
            Output.error("\(error)")
        } catch let error as ConfigurationError {
            Output.error("\(error)")
        } catch let error as ConfigurationPath.Fault {
            Output.error("\(error)")
        } catch let error as StorageError {
            Output.error("\(error)")
        }
        return 1
    }

    /// The version of the configuration that `name` means, of those there are. Throws `ConfigurationError.argument`.
    func version(
        _ name: String, among versions: [ConfigurationVersion]
    ) throws(ConfigurationError) -> ConfigurationVersion {
        if let version = versions.first(where: { $0.name == name }) { return version }
        let known = versions.map(\.name).joined(separator: ", ")
        throw .argument(
            flag: "VERSION", value: name, expected: known.isEmpty ? "nothing: there is no version" : "one of \(known)")
    }

    /// The configuration with everything that counts, for a command that reads it: includes, variables and defaults. The
    /// secrets in it come with it. Throws `ConfigurationError` when no gateway can run with it; a variable this process
    /// lacks is only told of.
    func resolvedConfiguration(_ context: Context) throws -> (whole: JSON, secrets: KnownSecrets) {
        let snapshot = try ConfigurationStore(context.instance).snapshot()
        let (bearable, faults) = snapshot.faults.reduce(into: ([ConfigurationFault](), [ConfigurationFault]())) {
            if [.variable, .excess].contains($1.kind) { $0.0.append($1) } else { $0.1.append($1) }
        }
        guard faults.isEmpty, let resolved = snapshot.resolved else { throw ConfigurationError.invalid(faults) }
        for fault in bearable { Output.error("\(fault)") }
        return (ConfigurationSchema.root.withDefaults(resolved), KnownSecrets(snapshot))
    }
}
