import ArgumentParser
import Gateway
import GatewayProtocol
import JSON
import Time

/// `mazelclaw pairing`: who may write through messaging services.
struct PairingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairing", abstract: "List who asks to write through a messaging service, and decide.",
        subcommands: [PairingListCommand.self, PairingApproveCommand.self, PairingRejectCommand.self],
        defaultSubcommand: PairingListCommand.self)
}

/// `mazelclaw pairing list`.
struct PairingListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List those who ask to be listened to, and those who were let in.")

    @Argument(help: ArgumentHelp("The service.", valueName: "service"))
    var service = "irc"

    @OptionGroup var account: MessagingAccount

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(
            context, "channels.pairing.list", account.params(["channel": .string(service)]), scope: .pairing)
        guard !json else {
            Output.line(answer.text(pretty: true))
            return 0
        }
        func time(_ entry: JSON, _ name: String) -> String {
            entry[name]?.integer.flatMap(Timestamp.init(milliseconds:)).map(RFC3339.text) ?? ""
        }
        let asking = (answer["pending"]?.array ?? []).map { entry in
            [
                "asks", entry["code"]?.string ?? "", time(entry, "createdAt"), entry["id"]?.string ?? "",
                entry["name"]?.string ?? "",
            ]
        }
        let admitted = (answer["allowed"]?.array ?? []).map { entry in
            ["let in", "", time(entry, "addedAt"), entry["id"]?.string ?? "", entry["name"]?.string ?? ""]
        }
        if asking.isEmpty, admitted.isEmpty { Output.line("Nobody asks, and nobody was let in.") }
        Output.table(asking + admitted)
        return 0
    }
}

/// `mazelclaw pairing approve`.
struct PairingApproveCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Listen from now on to somebody who asked.")

    @OptionGroup var decision: PairingChoice

    func run(in context: Context) async throws -> Int32 {
        let answer = try await decision.ask(context, "channels.pairing.approve")
        Output.line(TerminalText.safe("Let in \(answer["id"]?.string ?? "")"))
        return 0
    }
}

/// `mazelclaw pairing reject`.
struct PairingRejectCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Turn somebody away who asked. They may ask again.")

    @OptionGroup var decision: PairingChoice

    func run(in context: Context) async throws -> Int32 {
        let answer = try await decision.ask(context, "channels.pairing.reject")
        Output.line(TerminalText.safe("Turned away \(answer["id"]?.string ?? "")"))
        return 0
    }
}

/// Whom a decision is about.
struct PairingChoice: ParsableArguments {
    @Argument(help: ArgumentHelp("The service, such as irc.", valueName: "service"))
    var service: String

    @Argument(help: ArgumentHelp("The code that the person was told.", valueName: "code"))
    var code: String

    @OptionGroup var account: MessagingAccount

    func ask(_ context: Context, _ method: String) async throws -> JSON {
        try await GatewayClient.ask(
            context, method, account.params(["channel": .string(service), "code": .string(code)]), scope: .pairing)
    }
}

/// An account of a messaging service.
struct MessagingAccount: ParsableArguments {
    @Option(help: ArgumentHelp("The account, where there are several.", valueName: "id"))
    var account: String?

    /// `object` with the account, where one is named.
    func params(_ object: JSONObject) -> JSON {
        var object = object
        object["accountId"] = account.map(JSON.string)
        return .object(object)
    }
}
