import ArgumentParser
import Configuration
import Gateway
import Policy
import Storage

/// `mazelclaw backup`: a copy of what this profile's gateway remembers.
struct BackupCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy this profile's database (conversations, runs, devices) while the gateway runs, or not.",
        discussion: """
            The copy is one file, as the database was at one moment, and checked; nothing that is there is replaced. \
            `restore` puts it back. Configuration and workspace are files; copy them as such.
            """)

    @Argument(help: ArgumentHelp("The copy. Its directory must be there.", valueName: "file"))
    var file: String

    func run(in context: Context) async throws -> Int32 {
        let file = try context.path(file, argument: "FILE")
        ReadGuard.begin()
        let database = try DatabaseView(stateDirectory: context.instance.stateDirectory.value)
        let size: Int
        do {
            defer { Output.endProgress() }
            size = try await database.backUp(to: file) { Output.progress("copying: \(Int($0 * 100)) %") }
        }
        Output.line(TerminalText.safe("Wrote \(file): \(size) bytes, a copy of \(database.path)"))
        return 0
    }
}
