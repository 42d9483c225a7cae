import ArgumentParser
import Gateway
import GatewayProtocol
import JSON
import Time

/// `mazelclaw models test`: whether a model answers.
struct ModelsTestCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Have the running gateway ask a model one short question.",
        discussion: """
            Prints how long the answer took, its tokens and what it cost; the exit code is 1 when there was none. It is the \
            gateway that asks, so that its keys and the network of its sandbox are put to the test as well.
            """)

    @Argument(
        help: ArgumentHelp(
            "The model, as provider/model. Left out, the first of the agent that answers by default.",
            valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("How long it may take, in seconds: 1 to 600.", valueName: "seconds"))
    var timeout: Int64 = 60

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout takes a number from 1 to 600.") }
    }

    func run(in context: Context) async throws -> Int32 {
        var params: JSONObject = ["timeoutMs": TimeSpan(timeout, .seconds).json]
        params["model"] = model.map(JSON.string)
        let answer = try await GatewayClient.ask(context, "models.test", .object(params), scope: .write)
        guard !json else {
            Output.line(answer.text(pretty: true))
            return 0
        }
        let time = Double(answer["durationMs"]?.integer ?? 0) / 1000
        let parts =
            ["\(answer["model"]?.string ?? "") answered after \(time) s: \(answer["text"]?.string ?? "")"]
            + UsageText.parts(answer["usage"])
        for part in parts { Output.line(TerminalText.safe(part)) }
        return 0
    }
}
