public import Policy

/// What the gateway asks of the helper, by its command line. Whoever is in the cage has no part in it.
public struct CageArguments: Equatable, Sendable {
    /// The kind of cage, as the policy names it.
    public var kind: String
    /// The one tree of the user's that is visible.
    public var workspace: AbsolutePath
    /// Directories that must stay out of reach, such as the gateway's state: a workspace that holds one is refused.
    public var keptOut: [AbsolutePath] = []
    /// Variables of the program beside those that the policy lets pass.
    public var environment: [EnvironmentVariable] = []
    /// Where the program starts. Default the workspace.
    public var directory: AbsolutePath?
    /// The process whose end ends the call. Default the helper's parent.
    public var gateway: Int32?
    /// Whether standard error gets a line of JSON about how it ended, and the program's errors go to standard output.
    public var reports = false
    /// The program with its arguments; nil where an operation on files is to be read from standard input.
    public var command: [ByteString]?

    /// Parses the words after the program's name. What follows `--` is the program's, and is not looked at. Throws
    /// `CageError` with `ExitCode.usage`.
    public init(_ words: [ByteString]) throws(CageError) {
        var words = words[...]
        if let end = words.firstIndex(of: ByteString("--")) {
            let command = Array(words[(end + 1)...])
            guard !command.isEmpty else { throw Self.fault("a program must follow \"--\"") }
            self.command = command
            words = words[..<end]
        }
        var kind: String?
        var workspace: AbsolutePath?
        while let word = words.popFirst() {
            let name = word.description
            if name == "--report" {
                reports = true
                continue
            }
            guard Self.options.contains(name) else {
                throw Self.fault(
                    "unknown option \"\(name)\"; there are \(Self.options.joined(separator: ", ")), --report")
            }
            guard let next = words.popFirst() else { throw Self.fault("\(name) needs a value") }
            // Of another encoding it would name another file.
            guard let value = String(validating: next.bytes, as: UTF8.self) else {
                throw Self.fault("the value of \(name) is not valid UTF-8")
            }
            switch name {
            case "--kind": kind = value
            case "--workspace": workspace = try Self.path(name, value)
            case "--keep-out": keptOut.append(try Self.path(name, value))
            case "--directory": directory = try Self.path(name, value)
            case "--gateway":
                guard let number = Int32(value), number > 0 else {
                    throw Self.fault("--gateway needs the ID of a process, found \"\(value)\"")
                }
                gateway = number
            default:
                guard let variable = EnvironmentVariable(assignment: value) else {
                    throw Self.fault("--env needs NAME=VALUE, found \"\(value)\"")
                }
                environment.append(variable)
            }
        }
        guard let kind else { throw Self.fault("--kind is missing") }
        guard let workspace else { throw Self.fault("--workspace is missing") }
        self.kind = kind
        self.workspace = workspace
    }

    private static let options = ["--kind", "--workspace", "--keep-out", "--env", "--directory", "--gateway"]

    private static func fault(_ sentence: String) -> CageError {
        CageError(.usage, "\(sentence); see mazelclaw-tool --help")
    }

    private static func path(_ name: String, _ text: String) throws(CageError) -> AbsolutePath {
        guard let path = AbsolutePath(text) else {
            throw fault("\(name) needs an absolute path without \"..\", found \"\(text)\"")
        }
        return path
    }

    /// What `--help` prints.
    public static let help = """
        usage: mazelclaw-tool --kind KIND --workspace DIR [OPTION...] -- PROGRAM [ARGUMENT...]
               mazelclaw-tool --kind KIND --workspace DIR [OPTION...] <OPERATION

        Puts itself into a cage, proves that it holds, and executes PROGRAM there; or does the operation on files that
        standard input describes as JSON. The gateway starts it for the tools of its agents. When the program ends, all that
        it has started is killed.

          --kind KIND        tool-read, tool-write, tool-run or tool-network, as the policy tool.json defines them
          --workspace DIR    the one directory of the user's that is visible
          --keep-out DIR     refuse a workspace that holds DIR, and prove that DIR cannot be listed (may be repeated)
          --env NAME=VALUE   give the program a variable (may be repeated)
          --directory DIR    start the program in DIR instead of the workspace
          --gateway PID      end everything when the process PID ends (default: the parent)
          --report           write a line of JSON about the end to standard error, and the program's errors to standard output

        The policy is tool.json of /etc/mazelclaw/policies, or else of ../share/mazelclaw/policies from the program.

        Exit codes: 2 wrong usage, 69 the kernel lacks what a cage needs, 78 the policy or the workspace is not usable, 125 the
        cage could not be made or does not hold, 126 the program cannot be executed, 127 there is no such program, 128+N
        signal N ended it; otherwise the program's own.

        """
}
