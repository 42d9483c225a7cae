import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy

/// `mazelclaw config validate`: says whether the configuration can be used, and what is wrong with it.
struct ConfigValidateCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract:
            "Say everything that is wrong with the configuration, with file, line and path. Exits 1 when anything is.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        guard !json else {
            let snapshot = try ConfigurationStore(context.instance).snapshot()
            Output.line(Self.report(snapshot).text(pretty: true))
            return snapshot.isValid ? 0 : 1
        }
        return try reportingFailure {
            let snapshot = try ConfigurationStore(context.instance).snapshot()
            guard snapshot.isValid else { throw ConfigurationError.invalid(snapshot.faults) }
            let state = snapshot.text == nil ? "there is no file, and the defaults count" : "valid"
            Output.line("Config OK: \(snapshot.path) (\(state))")
        }
    }

    private static func report(_ snapshot: ConfigurationSnapshot) -> JSON {
        [
            "path": .string(snapshot.path.text), "exists": .bool(snapshot.text != nil),
            "valid": .bool(snapshot.isValid), "hash": .string(snapshot.hash),
            "issues": .array(snapshot.faults.map(\.json)),
        ]
    }
}
