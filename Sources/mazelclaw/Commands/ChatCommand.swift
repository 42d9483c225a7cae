import ArgumentParser
import Configuration
import Gateway
import GatewayProtocol
import Glibc
import Policy

/// `mazelclaw chat`: a conversation with an agent of this profile's gateway.
struct ChatCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with an agent of this profile's gateway.",
        discussion: """
            With words, or with standard input from a pipe, says that, prints the answer and ends: with 0, or with 1 \
            when there is none. In a terminal it goes on line by line until /quit; Ctrl-C ends what the agent is doing. \
            What a model thinks is folded to a line there. /usage tells what the last answer took and cost, and /usage full \
            has each answer told of; /usage tokens leaves the cost out, /usage off ends it.
            """)

    @Argument(help: "What to say.")
    var words: [String] = []

    @Option(help: ArgumentHelp("The agent, instead of the default one.", valueName: "id"))
    var agent: String?

    @Option(help: ArgumentHelp("The session, instead of the agent's main one.", valueName: "key"))
    var session: String?

    @Flag(help: "Tell after each answer what it took and cost.")
    var usage = false

    func validate() throws {
        if agent != nil, session?.hasPrefix("agent:") == true {
            throw ValidationError("--session names an agent already; leave out --agent.")
        }
    }

    func run(in context: Context) async throws -> Int32 {
        let message = try words.isEmpty && isatty(STDIN_FILENO) == 0 ? Self.pipedText() : words.joined(separator: " ")
        if message.isEmpty, isatty(STDIN_FILENO) == 0 {
            Output.error("mazelclaw: there is nothing to say: give words, or standard input with some")
            return Policy.ExitCode.usage.rawValue
        }
        let client = try await GatewayClient.connect(to: context, scopes: [.admin])
        var conversation = TerminalConversation(client: client, session: key)
        if usage { conversation.detail = .full }
        let code: Int32
        do {
            code =
                message.isEmpty
                ? try await conversation.converse(profile: context.instance.name) : try await conversation.say(message)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
        return code
    }

    private var key: String {
        guard let agent else { return session ?? "main" }
        return "agent:\(agent):\(session ?? "main")"
    }

    private static func pipedText() throws -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }
}
