import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw devices reject`.
struct DevicesRejectCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Turn a device away that asks. It may ask again.")

    @Argument(help: "The request's id, as `devices list` shows it.")
    var request: String

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(
            context, "device.pair.reject", ["requestId": .string(request)], scope: .admin)
        Output.line(TerminalText.safe("Turned away \(answer["deviceId"]?.string ?? request)"))
        return 0
    }
}
