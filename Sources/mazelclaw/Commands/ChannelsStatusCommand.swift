import ArgumentParser
import Gateway
import GatewayProtocol
import JSON
import Time

/// `mazelclaw channels status`: how the accounts of the running gateway are.
struct ChannelsStatusCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell how the accounts of the running gateway are.",
        discussion: "Ends with 1 where an account that is to be connected is not.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "channels.status", ["probe": true], scope: .read)
        let services = (answer["channelOrder"]?.array ?? []).compactMap(\.string)
        let accounts = services.flatMap { service in
            (answer["channelAccounts"]?[service]?.array ?? []).map { (service, $0) }
        }
        let isHealthy = accounts.allSatisfy { $0.1["healthy"] == true }
        guard !json else {
            Output.line(answer.text(pretty: true))
            return isHealthy ? 0 : 1
        }
        if accounts.isEmpty { Output.line("No account is configured; channels add irc makes one.") }
        Output.table(accounts.map(Self.row))
        for (service, account) in accounts {
            for note in account["notes"]?.array ?? [] {
                Output.line(TerminalText.safe("\(service) \(account["accountId"]?.string ?? ""): \(note.string ?? "")"))
            }
        }
        return isHealthy ? 0 : 1
    }

    private static func row(_ service: String, _ account: JSON) -> [String] {
        func time(_ name: String) -> String? {
            account[name]?.integer.flatMap(Timestamp.init(milliseconds:)).map(RFC3339.text)
        }
        let isConnected = account["connected"] == true
        let state =
            isConnected
            ? "connected as \(account["nick"]?.string ?? "")"
            : account["running"] == true ? "connecting" : "not connected"
        let more =
            account["lastError"]?.string
            ?? [
                time("lastInboundAt").map { "last message in \($0)" }, time("lastOutboundAt").map { "out \($0)" },
            ].compactMap(\.self).joined(separator: ", ")
        return [service, account["accountId"]?.string ?? "", state, more]
    }
}
