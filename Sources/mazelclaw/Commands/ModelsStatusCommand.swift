import ArgumentParser
import Configuration
import Gateway
import GatewayProtocol
import JSON
import Time

/// `mazelclaw models status`: what each agent would be answered by.
struct ModelsStatusCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print what each agent is answered by, and where the keys come from.",
        discussion: """
            The running gateway is asked, which also knows which models rest because they failed. When none answers, this \
            is what the configuration says. A key itself is never shown.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        var report: JSON
        var reason: String?
        do {
            report = try await GatewayClient.ask(context, "models.status", [:], scope: .read)
        } catch  where error is ClientError || error is ConfigurationError {
            report = try ModelReport(ConfigurationStore(context.instance).snapshot()).json
            reason = "\(error)"
        }
        guard !json else {
            if case .object(var object) = report {
                object["isRunning"] = .bool(reason == nil)
                report = .object(object)
            }
            Output.line(report.text(pretty: true))
            return 0
        }
        if let reason { Output.error("mazelclaw: \(reason); this is what the configuration says") }
        Output.table((report["agents"]?.array ?? []).flatMap(Self.rows))
        for fault in report["faults"]?.array ?? [] { Output.line("Wrong: \(fault.string ?? "")") }
        return 0
    }

    private static func rows(_ agent: JSON) -> [[String]] {
        let models = agent["models"]?.array ?? []
        return models.enumerated().map { index, model in
            let id = index == 0 ? agent["id"]?.string ?? "" : ""
            let rank = index == 0 ? "answered by" : "then by"
            return [id, rank, model["model"]?.string ?? "", description(of: model)]
        }
    }

    private static func description(of model: JSON) -> String {
        var parts: [String] = []
        switch model["kind"]?.string {
        case "operator": parts.append("the built-in operator")
        case "program": parts.append("the program \(model["command"]?.string ?? "")")
        case "service": parts += [model["address"]?.string, model["key"].map(key)].compactMap(\.self)
        default: break
        }
        if let end = model["restingUntilMs"]?.integer {
            parts.append("failed a short while ago, and is asked after others until \(Timestamp(clamping: end))")
        }
        if let fault = model["fault"]?.string { parts.append("cannot be asked: \(fault)") }
        return parts.joined(separator: ", ")
    }

    private static func key(_ key: JSON) -> String {
        switch key["source"]?.string {
        case "configuration": return "key in the configuration"
        case "included": return "key in an included file"
        case "file":
            let state = key["isSet"]?.bool.map { $0 ? "" : " (cannot be read)" } ?? " (not looked at from here)"
            return "key in the file \(key["path"]?.string ?? "")" + state
        case "variable":
            let names = (key["variables"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
            return "key from the variable \(names)" + (key["isSet"] == true ? "" : " (not set here)")
        default: return "no key"
        }
    }
}
