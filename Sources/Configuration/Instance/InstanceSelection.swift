public import Policy

/// Which profile this process acts for, and which of its variables may say more about it.
///
/// A profile named on the command line is the only word on the matter: variables inherited from another
/// profile's shell or unit are dropped, and named so that nobody wonders. Those that a launcher assigned to this
/// process, for exactly this profile, count.
public struct InstanceSelection: Sendable {
    /// The profile, and what named it.
    public let name: Sourced<ProfileName>
    /// Whether a launcher started this process and assigned its variables.
    public let isAssigned: Bool
    /// The variables that were dropped, sorted.
    public let dropped: [String]
    /// The environment without the variables that were dropped: what `${NAME}` in the configuration sees.
    public let environment: [String: String]
    private let variables: [String: String]

    /// Chooses between `argument`, the profile named on the command line, and `environment`.
    ///
    /// `mark` is the variable by which a launcher says that it assigned the others: it is `1` then. Nil means that no
    /// launcher is known, so that every variable was inherited. Throws `ConfigurationError.variable` when MAZELCLAW_PROFILE is needed and cannot be a
    /// name.
    public init(
        argument: ProfileName?, environment: [String: String], launcherMark mark: String? = nil
    ) throws(ConfigurationError) {
        let ours = environment.filter { $0.key.hasPrefix(Self.prefix) && !$0.value.allSatisfy(\.isWhitespace) }
        isAssigned = mark.flatMap { ours[$0] } == "1"
        guard let argument else {
            name = try Self.inherited(ours)
            variables = ours
            dropped = []
            self.environment = environment
            return
        }
        name = Sourced(argument, from: .argument("--profile"))
        guard !isAssigned || ours["MAZELCLAW_PROFILE"] != argument.text else {
            variables = ours
            dropped = []
            self.environment = environment
            return
        }
        variables = [:]
        let dropped = ours.keys.filter { $0 != mark }.sorted()
        self.dropped = dropped
        self.environment = environment.filter { !dropped.contains($0.key) }
    }

    /// The value of `name`, when that variable counts and is not blank.
    public subscript(name: String) -> String? {
        variables[name]
    }

    /// Where a value read from the variable `name` came from.
    func source(_ name: String) -> ValueSource {
        isAssigned ? .launcher(name) : .environment(name)
    }

    private static let prefix = "MAZELCLAW_"

    private static func inherited(_ variables: [String: String]) throws(ConfigurationError) -> Sourced<ProfileName> {
        guard let text = variables["MAZELCLAW_PROFILE"] else {
            return Sourced(.default, from: .default("no profile was named"))
        }
        let trimmed = text.split(separator: " ").joined(separator: " ")
        guard let name = ProfileName(trimmed) else {
            throw .variable(name: "MAZELCLAW_PROFILE", value: text, expected: "a profile's name: \(ProfileName.rule)")
        }
        return Sourced(name, from: .environment("MAZELCLAW_PROFILE"))
    }
}
