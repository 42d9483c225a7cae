import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw devices revoke`.
struct DevicesRevokeCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a device's token away, and close its connections.")

    @OptionGroup var token: DeviceToken

    func run(in context: Context) async throws -> Int32 {
        _ = try await GatewayClient.ask(context, "device.token.revoke", token.params, scope: .admin)
        Output.line(TerminalText.safe("Revoked the token of \(token.device) as \(token.role)"))
        return 0
    }
}
