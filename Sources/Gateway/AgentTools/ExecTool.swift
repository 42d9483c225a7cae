import Configuration
import JSON
import Policy
import Text
import Time
import Tools

/// The tool `exec`: a command of the shell, in a cage.
struct ExecTool: Tool {
    let commands: BackgroundCommands
    let agents: Current<AgentDirectory>
    let configuration: Current<GatewayConfiguration>

    let name = "exec"
    let summary =
        "Runs a command by /bin/sh in the workspace. It sees the workspace and the system's programs, and ends with all it has "
        + "started when the command ends. Temporary files go into $TMPDIR. Of long output the beginning and the end are told. "
        + "With background it goes on, and process tells of it."

    private let takes = ToolParameters(
        .string("command", "The command.", isRequired: true),
        .string("workdir", "The directory to start in, within the workspace. Default the workspace."),
        .record("env", "More variables."), .number("timeout", "After how many seconds it is ended."),
        .flag("background", "Whether not to wait for its end."),
        .number("yieldMs", "How many milliseconds to wait for its end; after that it goes on in the background."))

    var parameters: JSON { takes.json }

    func call(_ arguments: JSONObject, in context: ToolContext) async throws -> ToolOutput {
        let content = configuration.value.content
        let settings = content.tools.exec
        let own = content.agents.all.first { IdentifierText.agent($0.id) == context.agentID }?.tools.exec
        let arguments = takes.taken(from: arguments)
        guard let command = arguments["command"]?.string, !command.trimmed.isEmpty else {
            return ToolOutput("\"command\" must be a string, and not be empty.", isError: true)
        }
        if let refusal = Self.refusal(own?.security ?? settings.security, own?.ask ?? settings.ask) {
            return ToolOutput(refusal, isError: true)
        }
        guard let agent = agents.value.named(context.agentID) else {
            return ToolOutput("There is no agent \"\(context.agentID)\".", isError: true)
        }
        let order = RunningCommand.Order(
            agentID: agent.id, text: command, workspace: agent.workspace,
            directory: try Self.directory(arguments["workdir"]?.string, in: agent.workspace),
            variables: try Self.variables(arguments["env"]), kind: settings.network ? .network : .running,
            seconds: min(max(1, arguments["timeout"]?.integer ?? settings.timeout.count(.seconds)), 24 * 60 * 60))
        let isBackground = arguments["background"]?.bool ?? false
        let running = try commands.start(order) { context.report(ToolOutput($0)) }
        let patience = isBackground ? 0 : arguments["yieldMs"]?.integer
        if patience == nil { running.endInput() }
        await running.wait(patience.map { .milliseconds(max(0, $0)) })
        try Task.checkCancellation()
        guard running.end != nil else {
            running.detach()
            return ToolOutput(
                [
                    .text(
                        "The command goes on in the background, as session \(running.id). Ask process for more: poll, log, write "
                            + "or kill.\n\(running.takeNews())")
                ],
                details: ["status": "running", "sessionId": .string(running.id), "cwd": .string(order.directory.text)])
        }
        commands.forget(running)
        return running.output(of: running.text)
    }

    /// Why no command runs now; nil when it may.
    private static func refusal(_ security: ExecSection.Security?, _ ask: ExecSection.Ask?) -> String? {
        let instead =
            "Use read, ls, find and grep to look, and write, edit and apply_patch to change files of the workspace; or tell the user "
            + "which command you need, and why."
        switch security {
        case .full where ask != .always: return nil
        case .full:
            return
                "No command was run: tools.exec.ask says that somebody must be asked each time, and nobody can be asked yet. "
                + instead
        case .allowlist, .deny, nil:
            return
                "No command was run: commands are not permitted on this gateway (tools.exec.security is not \"full\"). "
                + instead
        }
    }

    private static func directory(_ text: String?, in workspace: AbsolutePath) throws -> AbsolutePath {
        guard let text, !text.isEmpty else { return workspace }
        let joined = text.hasPrefix("/") ? text : "\(workspace)/\(text)"
        guard let path = AbsolutePath(joined), workspace.contains(path) else {
            throw ToolCage.Failure.refused(
                "workdir must be a directory of the workspace, without \"..\"; it is \(text).")
        }
        return path
    }

    /// Those of `json`. What decides which program runs is not for a command to bring along.
    private static func variables(_ json: JSON?) throws -> [String: String] {
        var variables: [String: String] = [:]
        for member in json?.object?.members ?? [] {
            guard let value = member.value.string, EnvironmentVariable(name: member.name, value: value) != nil else {
                throw ToolCage.Failure.refused("env must be an object of strings; \(member.name) is none.")
            }
            let isFixed = ["PATH", "BASH_ENV", "ENV", "IFS", "HOME", "TMPDIR"].contains(member.name)
            guard !isFixed, !member.name.hasPrefix("LD_") else {
                throw ToolCage.Failure.refused(
                    "env must not hold \(member.name). Write it into the command where it must be another.")
            }
            variables[member.name] = value
        }
        return variables
    }
}

extension RunningCommand {
    /// What a model is told of its end, or of where it stands, with `text` of what it has written.
    func output(of text: String) -> ToolOutput {
        let text = text.hasSuffix("\n") ? String(text.dropLast()) : text
        var details: JSONObject = [
            "sessionId": .string(id), "durationMs": .integer(Int64((ContinuousClock.now - start) / .milliseconds(1))),
            "aggregated": .string(text), "cwd": .string(order.directory.text),
        ]
        var note: String?
        var isError = true
        details["status"] = "failed"
        switch end {
        case nil:
            details["status"] = "running"
            note = "[it still runs]"
            isError = false
        case .exited(0):
            details["status"] = "completed"
            details["exitCode"] = 0
            isError = false
        case .exited(let code):
            details["exitCode"] = .integer(Int64(code))
            note = "[it exited with code \(code)]"
        case .signalled(let signal): note = "[signal \(signal) ended it]"
        case .timedOut: note = "[it took longer than \(order.seconds) seconds and was ended, with all it had started]"
        case .cutOff: note = "[it was ended, with all it had started]"
        case .failed(let sentence): note = sentence
        }
        let lines = [text, note ?? ""].filter { !$0.isEmpty }
        return ToolOutput(
            [.text(lines.isEmpty ? "(no output)" : lines.joined(separator: "\n"))], isError: isError,
            details: .object(details))
    }
}
