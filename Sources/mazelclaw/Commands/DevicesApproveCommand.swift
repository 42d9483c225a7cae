import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw devices approve`.
struct DevicesApproveCommand: InstanceCommand {
    static let configuration = CommandConfiguration(commandName: "approve", abstract: "Let a device in that asks.")

    @Argument(help: "The request's id, as `devices list` shows it.")
    var request: String

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(
            context, "device.pair.approve", ["requestId": .string(request)], scope: .admin)
        Output.line(TerminalText.safe("Let in \(answer["device"]?["deviceId"]?.string ?? request)"))
        return 0
    }
}
