import JSON
import Tools

/// The tool `process`: the commands that `exec` has going on in the background.
struct ProcessTool: Tool {
    let commands: BackgroundCommands

    let name = "process"
    let summary =
        "Tells of the commands that exec has left in the background: list, poll (what is new), log (all), write (to its input), "
        + "kill, and remove (forget one that has ended)."

    private let takes = ToolParameters(
        .string("action", "list, poll, log, write, kill or remove.", isRequired: true),
        .string("sessionId", "Which one, as exec has told."), .string("data", "What to write."),
        .flag("eof", "Whether its input ends after that."))

    var parameters: JSON { takes.json }

    func call(_ arguments: JSONObject, in context: ToolContext) async throws -> ToolOutput {
        let arguments = takes.taken(from: arguments)
        let action = arguments["action"]?.string ?? ""
        guard action != "list" else { return list(of: context.agentID) }
        guard ["poll", "log", "write", "kill", "remove"].contains(action) else {
            return ToolOutput("\"action\" must be list, poll, log, write, kill or remove.", isError: true)
        }
        let id = arguments["sessionId"]?.string ?? ""
        guard let command = commands.named(id, of: context.agentID) else {
            return ToolOutput("There is no command \"\(id)\"; action list tells which there are.", isError: true)
        }
        switch action {
        case "poll": return command.output(of: command.takeNews())
        case "log": return command.output(of: command.text)
        case "write":
            guard command.end == nil else {
                return ToolOutput("It has ended, and reads nothing any more.", isError: true)
            }
            guard command.write(arguments["data"]?.string ?? "", isEnd: arguments["eof"]?.bool ?? false) else {
                return ToolOutput(
                    "It does not read what was written before, so that nothing of this was written. Try again, or kill it.",
                    isError: true)
            }
            return ToolOutput("Written.")
        case "kill":
            await command.kill()
            return ToolOutput("It is ended, with all it had started.")
        default:
            guard command.end != nil else { return ToolOutput("It still runs; kill it first.", isError: true) }
            commands.forget(command)
            return ToolOutput("Forgotten.")
        }
    }

    private func list(of agent: String) -> ToolOutput {
        let lines = commands.all(of: agent).map { command in
            let state =
                switch command.end {
                case nil: "running"
                case .exited(let code): "exited \(code)"
                case .signalled(let signal): "signal \(signal)"
                case .timedOut: "timed out"
                case .cutOff: "ended"
                case .failed: "failed"
                }
            return "\(command.id) \(state): \(command.order.text.prefix(120))"
        }
        return ToolOutput(lines.isEmpty ? "There are none." : lines.joined(separator: "\n"))
    }
}
