import JSON
import Policy
import Text
import Tools

/// A tool that does something with files of the agent's workspace, in a cage.
struct FileTool: Tool {
    let name: String
    let summary: String
    private let takes: ToolParameters
    private let operation: String
    private let kind: ToolCage.Kind
    private let cage: ToolCage
    private let agents: Current<AgentDirectory>
    /// What the model is told of an answer.
    private let tell: @Sendable (ToolCage.Answer, JSONObject) -> ToolOutput

    var parameters: JSON { takes.json }

    func call(_ arguments: JSONObject, in context: ToolContext) async throws -> ToolOutput {
        guard let agent = agents.value.named(context.agentID) else {
            throw ToolCage.Failure.refused("There is no agent \"\(context.agentID)\".")
        }
        let taken = takes.taken(from: arguments)
        var request = taken
        request["operation"] = .string(operation)
        return tell(try await cage.perform(request, kind, in: agent.workspace), taken)
    }

    /// All of them.
    static func all(_ cage: ToolCage, _ agents: Current<AgentDirectory>) -> [FileTool] {
        [
            FileTool(
                name: "read",
                summary:
                    "Reads a file: text, at most 2000 lines or 50 KB of it at once, or a picture (png, jpg, gif, webp). Go on with "
                    + "offset where it was cut off.",
                takes: ToolParameters(
                    .string("path", "The file, relative to the workspace or absolute.", isRequired: true),
                    .number("offset", "The first line to read, from 1 on."), .number("limit", "How many lines to read.")
                ),
                operation: "read", kind: .reading, cage: cage, agents: agents, tell: tellRead),
            FileTool(
                name: "write",
                summary: "Writes a file of the workspace: all of it. Directories that are missing are made.",
                takes: ToolParameters(
                    .string("path", "The file.", isRequired: true),
                    .string("content", "What is to be in it.", isRequired: true)),
                operation: "write", kind: .writing, cage: cage, agents: agents
            ) { answer, arguments in
                let made = answer.members["isNew"]?.bool == true ? "Made" : "Replaced"
                return ToolOutput("\(made) \(path(arguments)), \(number(answer, "bytes")) bytes.")
            },
            FileTool(
                name: "edit",
                summary:
                    "Replaces a text in a file of the workspace. oldText must be exactly what stands there, with all blanks, and "
                    + "stand there once.",
                takes: ToolParameters(
                    .string("path", "The file.", isRequired: true),
                    .string("oldText", "What is to be replaced.", isRequired: true),
                    .string("newText", "What is to stand there instead.", isRequired: true),
                    .flag("replaceAll", "Whether to replace it wherever it stands.")),
                operation: "edit", kind: .writing, cage: cage, agents: agents
            ) { answer, arguments in
                let count = number(answer, "count")
                return ToolOutput(
                    "Changed \(path(arguments)) in line \(number(answer, "line"))"
                        + (count > 1 ? " and \(count - 1) more places." : "."))
            },
            FileTool(
                name: "ls", summary: "Lists a directory. Names of directories end with a slash.",
                takes: ToolParameters(
                    .string("path", "The directory. Default the workspace."),
                    .number("limit", "At most so many. Default 500.")),
                operation: "list", kind: .reading, cage: cage, agents: agents
            ) { answer, _ in
                let left = number(answer, "count") - number(answer, "shown")
                return text(answer, "(empty)", left > 0 ? "[\(left) more; give a higher limit]" : nil)
            },
            FileTool(
                name: "find",
                summary:
                    "Finds files by their names, such as *.swift or src/**/*.js. Leaves out what is in .git and node_modules.",
                takes: ToolParameters(
                    .string("pattern", "The names: *, ?, [a-z], {a,b}, and ** for any directories.", isRequired: true),
                    .string("path", "Where to look. Default the workspace."),
                    .number("limit", "At most so many. Default 1000.")),
                operation: "find", kind: .reading, cage: cage, agents: agents
            ) { answer, _ in
                text(answer, "No files were found.", isCut(answer) ? "[there are more; narrow the pattern]" : nil)
            },
            FileTool(
                name: "grep",
                summary:
                    "Finds lines in files by a regular expression, as grep -E reads it. Leaves out what is in .git and "
                    + "node_modules, and binary files.",
                takes: ToolParameters(
                    .string("pattern", "The expression.", isRequired: true),
                    .string("path", "The file or directory. Default the workspace."),
                    .string("glob", "Only files with such names, such as *.ts."),
                    .flag("ignoreCase", "Whether large and small letters are the same."),
                    .flag("literal", "Whether the pattern is a plain text."),
                    .number("context", "How many lines to show before and after each. Default 0."),
                    .number("limit", "At most so many. Default 100.")),
                operation: "grep", kind: .reading, cage: cage, agents: agents
            ) { answer, _ in
                text(answer, "No lines were found.", isCut(answer) ? "[there are more; narrow the pattern]" : nil)
            },
            FileTool(
                name: "apply_patch",
                summary:
                    "Changes several files of the workspace together. The input begins with \"*** Begin Patch\" and ends with "
                    + "\"*** End Patch\"; between stand \"*** Add File: PATH\" with lines that begin with +, \"*** Delete File: "
                    + "PATH\", and \"*** Update File: PATH\" with changes: @@, then lines that begin with a blank (they stay), - "
                    + "(they go) or + (they come).",
                takes: ToolParameters(.string("input", "The patch.", isRequired: true)),
                operation: "patch", kind: .writing, cage: cage, agents: agents
            ) { answer, _ in
                let lines = [("added", "A"), ("modified", "M"), ("deleted", "D")].flatMap { name, mark in
                    (answer.members[name]?.array ?? []).compactMap(\.string).map { "\(mark) \($0)" }
                }
                return ToolOutput("The patch was applied.\n\(lines.joined(separator: "\n"))")
            },
        ]
    }

    private static func tellRead(_ answer: ToolCage.Answer, _ arguments: JSONObject) -> ToolOutput {
        switch answer.members["kind"]?.string {
        case "image":
            let type = answer.members["mediaType"]?.string ?? "image/png"
            return ToolOutput([
                .text("The picture \(path(arguments)) (\(type))."),
                .image(mediaType: type, base64: Base64.text(answer.bytes)),
            ])
        case "binary":
            return ToolOutput(
                "\(path(arguments)) is a binary file of \(number(answer, "size")) bytes; it is not shown.")
        default:
            let first = number(answer, "firstLine")
            let last = first + number(answer, "lines") - 1
            let total = number(answer, "totalLines")
            var note: String?
            if answer.members["isCutLine"]?.bool == true {
                note = "[line \(first) is longer than what is shown at once; use exec with cut or head -c]"
            } else if last < total {
                note = "[lines \(first) to \(last) of \(total); go on with offset \(last + 1)]"
            }
            return text(answer, "(empty)", note)
        }
    }

    private static func path(_ arguments: JSONObject) -> String { arguments["path"]?.string ?? "" }

    private static func number(_ answer: ToolCage.Answer, _ name: String) -> Int {
        Int(clamping: answer.members[name]?.integer ?? 0)
    }

    private static func isCut(_ answer: ToolCage.Answer) -> Bool { answer.members["isCut"]?.bool ?? false }

    private static func text(_ answer: ToolCage.Answer, _ empty: String, _ note: String?) -> ToolOutput {
        let text = answer.bytes.isEmpty ? empty : String(decoding: answer.bytes, as: UTF8.self)
        return ToolOutput(note.map { "\(text)\n\($0)" } ?? text)
    }
}
