import ArgumentParser
import Configuration
import Gateway
import Policy
import Storage

/// `mazelclaw sessions import`: the conversations the original gateway kept, for this profile.
struct SessionsImportCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over the conversations the original gateway kept as files.",
        discussion: """
            The files are only read. What this profile has already is left alone, so that doing it again does no harm \
            and continues what was cut off. Names what it left out, and why, and exits 1 when there is any.
            """)

    @Argument(
        help: ArgumentHelp(
            "The original's state directory, one that was exported, or one agent's sessions.", valueName: "directory"))
    var directory: String

    func run(in context: Context) async throws -> Int32 {
        let directory = try context.path(directory, argument: "DIRECTORY")
        let standard = try context.defaultAgent()
        let database = try InstanceDatabase(stateDirectory: context.instance.stateDirectory.value)
        let read = try await SessionImport(directory, into: database, standard: standard)
        try database.close()
        for line in read.leftOut { Output.error(TerminalText.safe("mazelclaw: left out \(line)")) }
        Output.line(
            TerminalText.safe(
                "Read \(directory) (new sessions: \(read.sessions), transcripts: \(read.transcripts), "
                    + "messages: \(read.messages))"))
        return read.leftOut.isEmpty ? 0 : 1
    }
}
