import ArgumentParser
import Configuration
import Gateway
import JSON
import Text

/// `mazelclaw channels remove`: takes an account out of the configuration.
struct ChannelsRemoveCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take an account with a messaging service out of the configuration.")

    @Argument(help: ArgumentHelp("The service, such as irc.", valueName: "service"))
    var service: String

    @Option(help: ArgumentHelp("The account, where there are several.", valueName: "id"))
    var account: String?

    func run(in context: Context) async throws -> Int32 {
        let store = ConfigurationStore(context.instance)
        let before = try store.snapshot()
        let accounts = before.resolved?["channels"]?[service]?["accounts"]?.object?.members.map(\.name) ?? []
        guard account != nil || accounts.isEmpty else {
            throw ServiceError(
                "channels.\(service) has several accounts (\(accounts.joined(separator: ", "))); name one with --account"
            )
        }
        var place = "channels.\(service)"
        if let account {
            guard let name = accounts.first(where: { IdentifierText.account($0) == IdentifierText.account(account) })
            else {
                throw ServiceError("channels.\(service) has no account \"\(account)\"")
            }
            place += accounts.count == 1 ? "" : ".accounts[\(name)]"
        }
        let after = try store.unset(ConfigurationPath(place))
        Output.line("Removed \(place). \(ReloadPlan.effect(from: before, to: after))")
        return 0
    }
}
