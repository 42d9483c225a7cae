import Configuration
import Text

/// How a CLI backend is called for one turn.
struct CLICall: Equatable {
    /// The arguments after the program's name.
    let arguments: [String]
    /// What stands on its standard input.
    let input: String
    /// The form in which it writes its answer to standard output.
    let output: CLIBackendSection.Output
    /// The session it is told.
    let session: String?

    /// Why a turn cannot be told to a program: one clause.
    struct Fault: Error, Equatable {
        var text: String
    }

    /// The call `section` describes for `turn`; a new session is called `newSession`.
    ///
    /// Only the configuration says what the program's options are. A message that begins with `-` goes to standard input,
    /// unless the argument before it is `--`; any other value that does is refused, and so is one with a NUL character, at
    /// which the kernel would cut it off (execve(2)). Throws `Fault`.
    init(
        _ section: CLIBackendSection, _ turn: Turn, newSession: @autoclosure () -> String = UUIDText.random()
    ) throws(Fault) {
        let known = turn.providerSession.flatMap { Self.isUsable(session: $0) ? $0 : nil }
        let isNew = known == nil
        let session: String? =
            switch section.sessionMode ?? .always {
            case .always: known ?? newSession()
            case .existing: known
            case .none: nil
            }
        let resumes = session != nil && !isNew && !section.resumeArguments.isEmpty
        var arguments = (resumes ? section.resumeArguments : section.arguments).map { argument in
            resumes ? Self.filled(argument, session) : argument
        }
        if !resumes {
            if let flag = section.modelArgument, let model = turn.model {
                let alias = section.modelAliases[model]
                arguments += [flag, alias == nil ? try Self.value(model, "the model") : alias ?? model]
            }
            if let flag = section.systemPromptArgument, let prompt = turn.systemPrompt,
                Self.gives(section.systemPromptWhen ?? .first, isNew: isNew)
            {
                arguments += [flag, try Self.value(prompt, "the system prompt")]
            }
            if session != nil {
                if !section.sessionArguments.isEmpty {
                    arguments += section.sessionArguments.map { Self.filled($0, session) }
                } else if let flag = section.sessionArgument, let session {
                    arguments += [flag, session]
                }
            }
        }
        var message = (turn.notes.map { "System: \($0)" } + turn.collected + [turn.message]).joined(separator: "\n\n")
        if !turn.images.isEmpty {
            if let flag = section.imageArgument {
                arguments +=
                    section.imageMode == .list
                    ? [flag, turn.images.joined(separator: ",")] : turn.images.flatMap { [flag, $0] }
            } else {
                // It can still open the files.
                message = [message, turn.images.joined(separator: "\n")].filter { !$0.isEmpty }.joined(
                    separator: "\n\n")
            }
        }
        let isArgument =
            section.input == .argument && (!message.hasPrefix("-") || arguments.last == "--")
            && Int64(message.unicodeScalars.count) <= section.maxPromptArgumentCharacters ?? Self.argumentLimit
        self.session = session
        self.arguments = isArgument ? arguments + [message] : arguments
        input = isArgument ? "" : message
        output = resumes ? section.resumeOutput ?? section.output : section.output
        guard !self.arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw Fault(
                text: "the message holds a NUL character, which no argument of a program can hold; leave it out")
        }
    }

    /// Whether a program can be told the session `id` by an argument. One that it named itself may be what it was told to
    /// say.
    static func isUsable(session id: String) -> Bool {
        !id.isEmpty && !id.hasPrefix("-") && !id.utf8.contains(0)
    }

    private static func value(_ text: String, _ name: String) throws(Fault) -> String {
        guard !text.hasPrefix("-") else {
            throw Fault(
                text: "\(name) \"\(text.prefix(40))\" begins with \"-\": the program would take it for an option")
        }
        return text
    }

    /// The longest message given as an argument when the section says nothing: the kernel takes 128 KiB for one
    /// (execve(2), MAX_ARG_STRLEN), and a character has up to four bytes.
    private static let argumentLimit: Int64 = 32_000

    private static func filled(_ argument: String, _ session: String?) -> String {
        var parts = argument[...]
        var filled = ""
        while let start = parts.firstRange(of: "{sessionId}") {
            filled += parts[..<start.lowerBound] + (session ?? "")
            parts = parts[start.upperBound...]
        }
        return filled + parts
    }

    private static func gives(_ when: CLIBackendSection.SystemPromptWhen, isNew: Bool) -> Bool {
        switch when {
        case .first: isNew
        case .always: true
        case .never: false
        }
    }
}
