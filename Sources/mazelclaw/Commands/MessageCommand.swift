import ArgumentParser
import Gateway
import GatewayProtocol
import JSON
import Text

/// `mazelclaw message`: messages through messaging services.
struct MessageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message", abstract: "Say something through a messaging service.",
        subcommands: [MessageSendCommand.self])
}

/// `mazelclaw message send`.
struct MessageSendCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send a message through a messaging service of the running gateway.")

    @Option(help: ArgumentHelp("Where it goes: on IRC a nick, or #channel.", valueName: "target"))
    var to: String

    @Option(help: ArgumentHelp("What it says.", valueName: "text"))
    var message: String

    @Option(help: ArgumentHelp("The service; without it, the first that is configured.", valueName: "service"))
    var channel: String?

    @OptionGroup var account: MessagingAccount

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        var params: JSONObject = [
            "to": .string(to), "message": .string(message), "idempotencyKey": .string(UUIDText.random()),
        ]
        params["channel"] = channel.map(JSON.string)
        let answer = try await GatewayClient.ask(context, "send", account.params(params), scope: .write)
        let isQueued = answer["status"] == "queued"
        Output.line(
            json ? answer.text(pretty: true) : isQueued ? "Kept, and sent when there is a connection" : "Sent to \(to)")
        return 0
    }
}
