public import Policy

/// The command line of `mazelclaw-run`, read into values. Nothing is asked of the host here.
public struct Arguments: Equatable, Sendable {
    /// What is to be done: the first word, where it is one of these. Without such a word a payload is started.
    public enum Action: String, CaseIterable, Sendable {
        case start
        case explain
        case doctor
        case profile
        case ports
        case denials
        case verify
        case matrix
        /// What `matrix` runs inside.
        case probe
        case why
        case unit
        case wrapper
        case compile
        case help
        case manual
        case version

        /// Whether what a service manager passes and wants to be told is a matter of it.
        public var concernsServiceManager: Bool { self == .start || self == .explain }
    }

    /// How a command prints what it found.
    public enum Format: Sendable {
        /// Lines for people.
        case text
        /// JSON (RFC 8259), for programs.
        case json
        /// XML as JUnit writes it, which CI servers read.
        case junit
    }

    /// A fault in the command line, as one sentence.
    public struct Fault: Error, Equatable {
        /// The sentence, without the program's name and without a full stop.
        public let message: String

        /// A fault that `message` tells.
        public init(message: String) { self.message = message }
    }

    /// What is to be done. Default a start.
    public private(set) var action = Action.start
    /// What is asked of a start.
    public private(set) var options = LaunchOptions(profile: .default)
    /// Whether `--profile` was given: commands that show several profiles show this one alone.
    public private(set) var isProfileGiven = false
    /// The descriptor that the launcher reports to (`--status-fd`); nil for none.
    public var statusDescriptor: Int32? { options.start.statusDescriptor }
    /// How a command prints what it found. Default lines for people.
    public private(set) var format = Format.text
    /// Whether that is JSON.
    public var isJSON: Bool { format == .json }
    /// The words of a command that takes some, in order.
    public private(set) var operands: [String] = []
    /// Whether `denials` goes on with what comes.
    public private(set) var follows = false
    /// Whether `ports` shows what its plan rests on, too.
    public private(set) var showsAll = false
    /// Whose manager the unit of `unit` is for; nil for that of whoever asks.
    public private(set) var unitScope: ServiceUnit.Scope?
    /// The file that `unit` looks through; nil where it prints a unit.
    public private(set) var checkedFile: String?

    /// The options that `wrapper` hands on to its script, as they were given; the profile is not among them.
    public private(set) var words: [String] = []
    /// The file that `wrapper` writes; nil for standard output.
    public private(set) var outputFile: String?

    /// Parses the words after the program's name. What follows `--` is the payload's and is not looked at.
    ///
    /// Throws `Fault` for a word that is no option or command, for a value that is missing or not valid, and for words that
    /// are not UTF-8.
    public init(_ words: [ByteString]) throws(Fault) {
        var words = words[...]
        if let end = words.firstIndex(of: ByteString("--")) {
            let command = Array(words[(end + 1)...])
            guard !command.isEmpty else { throw Fault(message: "a command must follow \"--\"") }
            options.start.command = command
            words = words[..<end]
        }
        var texts = try words.map { (word) throws(Fault) in
            // By its span: the generic way asks the runtime for types.
            do {
                return String(copying: try UTF8Span(validating: word.bytes.span))
            } catch {
                throw Fault(message: "\"\(word)\" is not valid UTF-8")
            }
        }[...]
        if let first = texts.first, let action = Action(rawValue: first), action != .start {
            self.action = action
            texts.removeFirst()
        }
        let all = texts
        while let text = texts.popFirst() {
            let first = texts.startIndex - 1
            try take(text, &texts)
            let isHandedOn = !["--profile", "--output"].contains { text == $0 || text.hasPrefix("\($0)=") }
            if action == .wrapper, isHandedOn { self.words += all[first..<texts.startIndex] }
        }
    }

    private mutating func take(_ text: String, _ rest: inout ArraySlice<String>) throws(Fault) {
        let equals = text.utf8.firstIndex(of: UInt8(ascii: "="))
        let name = equals.map { String(text[..<$0]) } ?? text
        var attached = equals.map { String(text[text.utf8.index(after: $0)...]) }
        func value() throws(Fault) -> String {
            if let given = attached {
                attached = nil
                return given
            }
            guard let next = rest.popFirst() else { throw Fault(message: "\(name) needs a value") }
            return next
        }
        switch name {
        case "--profile":
            options.profile = try Self.profile(value())
            isProfileGiven = true
        case "--port": options.overrides.basePort = try Self.port(value())
        case "--policy": options.overrides.policy = try value()
        case "--user": options.overrides.user = try value()
        case "--identity": options.overrides.identity = try Self.identity(value())
        case "--state-dir": options.overrides.stateDirectory = try Self.path(name, value())
        case "--workspace": options.overrides.workspace = try Self.path(name, value())
        case "--workspace-overlay": options.overrides.workspaceOverlay = try Self.size(name, value())
        case "--bind": options.overrides.binds.append(try Self.bind(value(), isWritable: true))
        case "--bind-ro": options.overrides.binds.append(try Self.bind(value(), isWritable: false))
        case "--env": options.overrides.environment.append(try Self.variable(value()))
        case "--status-fd" where action != .wrapper: options.start.statusDescriptor = try Self.descriptor(value())
        case "--allow-degraded": options.start.degradations += try Self.degradations(value())
        case "--allow-root": options.start.allowsRoot = true
        case "--interactive" where action == .start || action == .explain: options.start.isInteractive = true
        case "--output" where action == .wrapper: outputFile = try value()
        case "--json" where action != .wrapper: format = .json
        case "--junit" where action == .verify: format = .junit
        case "--follow" where action == .denials: follows = true
        case "--all" where action == .ports: showsAll = true
        case "--scope" where action == .unit: unitScope = try Self.scope(value())
        case "--check" where action == .unit: checkedFile = try value()
        case "--help", "-h": action = .help
        case "--manual": action = .manual
        case "--version": action = .version
        default:
            guard action == .why || action == .matrix, !name.hasPrefix("-"), attached == nil else {
                throw Self.unknown(name)
            }
            operands.append(name)
        }
        if attached != nil { throw Fault(message: "\(name) takes no value") }
    }

    // MARK: Values

    private static func profile(_ text: String) throws(Fault) -> ProfileName {
        guard let name = ProfileName(text) else {
            throw Fault(message: "\"\(text)\" is no profile name: \(ProfileName.rule)")
        }
        return name
    }

    private static func port(_ text: String) throws(Fault) -> UInt16 {
        guard let port = UInt16(text), PortSet.validBases.contains(port) else {
            throw Fault(
                message: "--port \(text): expected a base port from \(PortSet.validBases.lowerBound) to "
                    + "\(PortSet.validBases.upperBound), so that base + 110 stays a port")
        }
        return port
    }

    private static func identity(_ text: String) throws(Fault) -> ProfileIdentity {
        guard let identity = ProfileIdentity(rawValue: text) else {
            let known = ProfileIdentity.allCases.map(\.rawValue)
            throw Fault(message: "--identity \(text): expected \(known.joined(separator: " or "))")
        }
        return identity
    }

    private static func scope(_ text: String) throws(Fault) -> ServiceUnit.Scope {
        guard let scope = ServiceUnit.Scope(rawValue: text) else {
            let known = ServiceUnit.Scope.allCases.map(\.rawValue)
            throw Fault(message: "--scope \(text): expected \(known.joined(separator: " or "))")
        }
        return scope
    }

    private static func path(_ name: String, _ text: String) throws(Fault) -> AbsolutePath {
        guard let path = AbsolutePath(text) else {
            throw Fault(message: "\(name) \(text): expected an absolute path without \"..\"")
        }
        return path
    }

    private static func size(_ name: String, _ text: String) throws(Fault) -> UInt64 {
        guard let bytes = TemporarySize.bytes(text[...]) else {
            throw Fault(message: "\(name) \(text): expected a size such as 256m")
        }
        return bytes
    }

    private static func bind(_ text: String, isWritable: Bool) throws(Fault) -> BindMount {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { AbsolutePath(String(Substring($0))) }
        guard (1...2).contains(parts.count), let source = parts[0], let destination = parts[parts.count - 1] else {
            throw Fault(message: "\"\(text)\": expected SOURCE or SOURCE:DESTINATION, both absolute paths")
        }
        return BindMount(source: source, destination: destination, isWritable: isWritable)
    }

    private static func variable(_ text: String) throws(Fault) -> EnvironmentVariable {
        guard let variable = EnvironmentVariable(assignment: text) else {
            throw Fault(message: "--env \(text): expected NAME=VALUE")
        }
        guard !variable.name.hasPrefix("MAZELCLAW_") else {
            throw Fault(
                message: "--env \(variable.name): the launcher sets MAZELCLAW_* itself; change the profile instead")
        }
        return variable
    }

    private static func descriptor(_ text: String) throws(Fault) -> Int32 {
        guard let number = Int32(text), number >= 1 else {
            throw Fault(message: "--status-fd \(text): expected the number of an open file descriptor")
        }
        return number
    }

    private static func degradations(_ text: String) throws(Fault) -> [Degradation] {
        try text.split(separator: ",").map { (word) throws(Fault) in
            guard let degradation = Degradation(rawValue: String(word)) else {
                let known = Degradation.allCases.map(\.rawValue)
                throw Fault(
                    message: "--allow-degraded \(word): expected some of \(known.joined(separator: ", "))")
            }
            return degradation
        }
    }

    private static func unknown(_ word: String) -> Fault {
        guard word.hasPrefix("-") else {
            let commands = Action.allCases.filter { $0 != .probe }.map(\.rawValue)
            guard !commands.contains(word) else {
                return Fault(message: "the command \"\(word)\" goes first: mazelclaw-run \(word)")
            }
            let advice = Suggestion.nearest(to: word, among: commands)
            return Fault(
                message: "\"\(word)\" is no command of mazelclaw-run"
                    + (advice.map { "; did you mean \"\($0)\"?" } ?? "; a program to run goes after \"--\""))
        }
        let advice = Suggestion.nearest(to: word, among: Help.optionNames)
        return Fault(message: "unknown option \(word)" + (advice.map { "; did you mean \($0)?" } ?? ""))
    }
}
