import JSON

/// A program that answers on a command line, as `agents.defaults.cliBackends` describes one.
struct KnownProgram {
    /// Its name in PATH, which becomes the backend's.
    let name: String
    /// How it is called, without its `command`.
    let call: JSONObject

    /// Programs that people have, in the order in which they are proposed. Each is called so that it answers once and ends.
    static let all = [
        KnownProgram(
            name: "claude",
            call: [
                "args": ["-p", "--output-format", "json"], "output": "json",
                "resumeArgs": ["-p", "--output-format", "json", "--resume", "{sessionId}"],
                "sessionArg": "--session-id", "sessionMode": "always", "sessionIdFields": ["session_id"],
                "modelArg": "--model", "systemPromptArg": "--append-system-prompt", "systemPromptWhen": "first",
            ]),
        KnownProgram(
            name: "codex",
            call: [
                "args": ["exec", "--json", "--color", "never", "--sandbox", "read-only", "--skip-git-repo-check"],
                "output": "jsonl",
                "resumeArgs": [
                    "exec", "resume", "{sessionId}", "--color", "never", "--sandbox", "read-only",
                    "--skip-git-repo-check",
                ],
                "resumeOutput": "text", "sessionMode": "existing", "sessionIdFields": ["thread_id"],
                "modelArg": "--model", "imageArg": "--image",
            ]),
        KnownProgram(name: "gemini", call: ["args": ["-p"], "output": "text"]),
        KnownProgram(name: "opencode", call: ["args": ["run"], "output": "text", "modelArg": "--model"]),
        KnownProgram(name: "llm", call: ["args": ["prompt"], "output": "text", "modelArg": "--model"]),
        KnownProgram(name: "aichat", call: ["output": "text", "modelArg": "--model"]),
    ]

    /// The backend, as the configuration has it, for the program at `path`.
    func backend(at path: String) -> JSON {
        var backend = call
        backend["command"] = .string(path)
        return .object(backend)
    }
}
