import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw models list`: what the agents answer with.
struct ModelsListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the models that the agents of the running gateway answer with.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "models.list", [:], scope: .read)
        Output.list(answer, "models", isJSON: json, none: "No agent names a model; their programs choose.") { model in
            "\(model["provider"]?.string ?? "")/\(model["id"]?.string ?? "")"
        }
        return 0
    }
}
