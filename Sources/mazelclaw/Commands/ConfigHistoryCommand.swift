import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy
import Time

/// `mazelclaw config history`: the versions of the configuration that there are.
struct ConfigHistoryCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List the versions of the configuration that are kept, and whether a gateway can run with them.",
        discussion: """
            current is the file, last-good what a gateway last ran with, and 1 to 5 what changes by commands and clients \
            replaced, the newest first.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        try reportingFailure {
            let versions = try ConfigurationStore(context.instance).versions()
            if json {
                Output.line(JSON.array(versions.map(Self.json)).text(pretty: true))
            } else if versions.isEmpty {
                Output.line("There is no configuration yet")
            }
            guard !json else { return }
            let hash = versions.first?.snapshot.hash
            Output.table(
                versions.map { version in
                    let isSame = version.name != ConfigurationVersion.current && version.snapshot.hash == hash
                    return [version.name, RFC3339.text(version.writtenAt)]
                        + (version.snapshot.isRunnable ? [] : ["cannot be used"]) + (isSame ? ["as current"] : [])
                })
        }
    }

    private static func json(_ version: ConfigurationVersion) -> JSON {
        [
            "version": .string(version.name), "path": .string(version.path.text),
            "writtenAt": .string(RFC3339.text(version.writtenAt)), "hash": .string(version.snapshot.hash),
            "usable": .bool(version.snapshot.isRunnable), "issues": .array(version.snapshot.faults.map(\.json)),
        ]
    }
}
