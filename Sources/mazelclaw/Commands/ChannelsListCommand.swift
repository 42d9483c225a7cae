import ArgumentParser
import Configuration
import JSON

/// `mazelclaw channels list`: the accounts of the configuration, whether the gateway runs or not.
struct ChannelsListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the accounts with messaging services that are configured.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let file = try ConfigurationFile.load(for: context.instance)
        let accounts = file?.content.channels.irc?.all ?? []
        let unserved = ChannelsSection.unserved(in: file?.root["channels"])
        guard !json else {
            let shown: JSON = [
                "accounts": .array(
                    accounts.map { id, account in
                        [
                            "channel": "irc", "accountId": .string(id), "enabled": .bool(account.common.isEnabled),
                            "host": account.host.map(JSON.string) ?? .null,
                            "nick": account.nick.map(JSON.string) ?? .null,
                        ]
                    }), "notServed": .array(unserved.map(JSON.string)),
            ]
            Output.line(shown.text(pretty: true))
            return 0
        }
        if accounts.isEmpty { Output.line("No account is configured; channels add irc makes one.") }
        Output.table(
            accounts.map { id, account in
                let place = account.host.map { "\($0):\(account.effectivePort)" } ?? "no host"
                return [
                    "irc", id, account.common.isEnabled ? "enabled" : "disabled", place, account.nick ?? "no nick",
                    "direct messages: \(account.common.directPolicy.rawValue)",
                ]
            })
        for service in unserved { Output.line("\(service): configured, and not connected to by this version") }
        return 0
    }
}
