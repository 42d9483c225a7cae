/// What the cage of a tool call permits: the content of `policies/tool.json`.
///
/// A cage has no namespaces and no mounts: a process puts it on itself, in the gateway's sandbox or outside of any. What it may
/// reach of the files that are there is listed; all else is refused by Landlock.
public struct ToolPolicy: Equatable, Sendable {
    /// The file it was read from, for messages.
    public var file: String
    /// Resource limits (getrlimit(2)).
    public var limits: [ResourceLimit]
    /// Names of variables that a program inherits; a trailing `*` matches any ending.
    public var inheritedEnvironment: [String]
    /// Variables that a program is given.
    public var environment: [EnvironmentVariable]
    /// What may be read and executed: programs and their libraries.
    public var executable: [AbsolutePath]
    /// What may be read.
    public var readable: [AbsolutePath]
    /// What may be read and written: devices that hold nothing.
    public var writable: [AbsolutePath]
    /// The kinds of cage, each for tools of one sort.
    public var kinds: [Kind]

    /// One kind of cage.
    public struct Kind: Equatable, Sendable {
        /// The name by which it is asked for.
        public var name: String
        /// The file, beside the policy, that holds its seccomp policy.
        public var seccomp: String
        /// Whether the workspace may be written. Otherwise it may only be read.
        public var writesWorkspace: Bool
        /// Whether programs are executed. Otherwise the helper does operations on files itself.
        public var executes: Bool
        /// The TCP ports that may be connected to. None may be bound.
        public var connectPorts: [UInt16]
    }

    /// What its file is called.
    public static let fileName = "tool.json"

    /// The kind `name`; nil when there is none.
    public func kind(_ name: String) -> Kind? { kinds.first { $0.name == name } }

    /// The variables of a program in the cage: those of `inherited` that the policy lets pass, those it sets itself, and then
    /// `more`, which count before both.
    public func environment(from inherited: [EnvironmentVariable], and more: [EnvironmentVariable])
        -> [EnvironmentVariable]
    {
        var variables = inherited.filter { EnvironmentPattern.matches($0.name, inheritedEnvironment) }
        for variable in environment + more {
            variables.removeAll { $0.name == variable.name }
            variables.append(variable)
        }
        return variables
    }
}
