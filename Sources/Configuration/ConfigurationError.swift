public import Files

/// Why the gateway cannot be configured: what, where, and what to do next.
public enum ConfigurationError: Error, Equatable, Sendable {
    /// The configuration cannot be read, or holds what it must not.
    case invalid([ConfigurationFault])
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
    /// One sentence; for an invalid configuration one for each fault, on a line of its own.
    public var description: String {
        switch self {
        case .invalid(let faults): faults.map(\.description).joined(separator: "\n")
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

extension ConfigurationError {
    /// Why a configuration that could not be written cannot be used.
    package init(_ error: ConfigurationChangeError) {
        switch error {
        case .invalid(let faults): self = .invalid(faults)
        case .storage(let error): self = .storage(error)
        case .changed, .baseRequired, .broken, .text, .path, .absent, .included, .refused, .unfaithful, .busy, .foreign:
            self = .blocked(error.description)
        }
    }
}
