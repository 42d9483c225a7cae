/// The operator's commands, as it lists them, and as the reference does.
enum OperatorHelp {
    /// The answer to `/help`.
    static var text: String {
        let width = OperatorCommand.all.map(\.usage.count).max() ?? 0
        let rows = OperatorCommand.all.map { command in
            command.usage + String(repeating: " ", count: width - command.usage.count) + "  " + command.summary
        }
        return (["I answer these commands:", ""] + rows + ["", "Everything but /repair is about this instance."])
            .joined(separator: "\n")
    }

    /// The page `Gateway.docc/Operator.md`.
    static var markdown: String {
        let lines = [
            "# The operator", "", "The agent that answers when no model is configured.", "",
            "<!-- Made from the commands in Sources/Gateway/Operator. Do not edit: a test holds it against them,",
            "     and MAZELCLAW_UPDATE_GOLDEN=1 writes it anew. -->", "",
            "The operator is a fixed program, not a model. It needs no key, no network and no set-up, and knows what "
                + "can be seen from where the gateway runs, which in its sandbox is this instance alone. What it "
                + "cannot see, it says. To a message that is no command it answers that no model is configured, and "
                + "how to configure one.", "",
            "It can be chosen beside models: `operator` is a provider like any backend "
                + "(`agents.list[].model: \"operator\"`).", "", "## Commands", "",
        ]
        let commands = OperatorCommand.all.map { "- `\($0.usage)`: \($0.summary)" }
        return (lines + commands).joined(separator: "\n") + "\n"
    }
}
