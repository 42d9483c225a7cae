import ArgumentParser
import Configuration
import Gateway
import Policy
import Text

/// `mazelclaw sessions export`: this profile's conversations as files.
struct SessionsExportCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the conversations as files, as the original gateway keeps them.",
        discussion: """
            Below the directory, agents/AGENT/sessions holds sessions.json and a .jsonl file for each transcript, as \
            they are at one moment, also while the gateway runs. Nothing that is there is replaced. Exits 1 when there \
            are none, or one that cannot be used was left out.
            """)

    @Argument(help: ArgumentHelp("Where to; made if it is missing.", valueName: "directory"))
    var directory: String

    @Option(help: ArgumentHelp("Only those of this agent.", valueName: "id"))
    var agent: String?

    func run(in context: Context) async throws -> Int32 {
        let directory = try context.path(directory, argument: "DIRECTORY")
        let configuration = try GatewayConfiguration(
            instance: context.instance, file: ConfigurationFile.load(for: context.instance))
        let workspaces = configuration.agents.all.map { agent in
            (IdentifierText.agent(agent.id), configuration.workspace(of: agent))
        }
        ReadGuard.begin()
        let reader = try ConversationReader(stateDirectory: context.instance.stateDirectory.value)
        let written = try reader.export(
            to: directory, agent: agent, standard: IdentifierText.agent(configuration.agents.defaultID),
            workspaces: Dictionary(workspaces) { first, _ in first })
        for fault in written.setAside { Output.error(TerminalText.safe("mazelclaw: left out: \(fault)")) }
        guard written.sessions + written.transcripts > 0 else {
            let whose = agent.map { TerminalText.safe("the agent \"\($0)\" has") } ?? "there are"
            Output.error("mazelclaw: \(whose) no conversations; nothing was written")
            return 1
        }
        Output.line(
            TerminalText.safe(
                "Wrote \(directory) (sessions: \(written.sessions), transcripts: \(written.transcripts), "
                    + "lines: \(written.lines))"))
        return written.setAside.isEmpty ? 0 : 1
    }
}
