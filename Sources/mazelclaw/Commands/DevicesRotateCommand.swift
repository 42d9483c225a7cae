import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw devices rotate`.
struct DevicesRotateCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make a new token for a device, and print it. The old one opens nothing any more.")

    @OptionGroup var token: DeviceToken

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "device.token.rotate", token.params, scope: .admin)
        Output.line(TerminalText.safe(answer["token"]?.string ?? ""))
        return 0
    }
}
