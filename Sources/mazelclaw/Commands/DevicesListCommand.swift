import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw devices list`.
struct DevicesListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the devices that ask, and those that were let in.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "device.pair.list", [:], scope: .admin)
        guard !json else {
            Output.line(answer.text(pretty: true))
            return 0
        }
        func name(_ device: JSON) -> String {
            let words = ["displayName", "platform", "remoteIp"].compactMap { device[$0]?.string }
            return words.joined(separator: ", ")
        }
        let pending = (answer["pending"]?.array ?? []).map { request in
            let scopes = request["scopes"]?.array?.compactMap(\.string).joined(separator: ", ") ?? ""
            let role = request["role"]?.string ?? ""
            let device = [request["deviceId"]?.string, name(request)].compactMap { $0 }.filter { !$0.isEmpty }
            return [
                "asks", request["requestId"]?.string ?? "", "as \(role) (\(scopes))", device.joined(separator: ", "),
            ]
        }
        let paired = (answer["paired"]?.array ?? []).map { device in
            let tokens = (device["tokens"]?.array ?? []).map { token in
                let scopes = token["scopes"]?.array?.compactMap(\.string).joined(separator: ", ") ?? ""
                return "\(token["role"]?.string ?? "") (\(scopes))"
            }
            return ["let in", device["deviceId"]?.string ?? "", "as \(tokens.joined(separator: ", "))", name(device)]
        }
        if pending.isEmpty, paired.isEmpty { Output.line("No devices.") }
        Output.table(pending + paired)
        return 0
    }
}
