public import Policy

/// Why the gateway cannot be configured: what, where, and what to do next.
public enum ConfigurationError: Error, Equatable, Sendable {
    /// A value of the configuration file is not what it must be.
    case file(PolicyError)
    /// A file or directory cannot be used.
    case storage(StorageError)
    /// A variable of the environment is not what it must be.
    case variable(name: String, value: String, expected: String)
    /// A flag of the command line is not what it must be.
    case argument(flag: String, value: String, expected: String)
    /// The command line asks for another port than the one the host assigned to this profile.
    case portNotAssigned(requested: UInt16, assigned: UInt16)
    /// The configuration is valid but does not allow a start; the sentence says what to change.
    case blocked(String)
}

extension ConfigurationError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .storage(let error): error.description
        case .variable(let name, let value, let expected): "\(name) is \"\(value)\"; expected \(expected)"
        case .argument(let flag, let value, let expected): "\(flag) is \"\(value)\"; expected \(expected)"
        case .portNotAssigned(let requested, let assigned):
            "port \(requested) does not belong to this profile: the host assigned \(assigned). "
                + "Leave out --port, or change basePort in the profile file outside the sandbox"
        case .blocked(let sentence): sentence
        }
    }
}
