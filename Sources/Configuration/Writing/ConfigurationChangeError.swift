public import Files
public import Policy

/// Why a change of the configuration was not made. The file is as it was.
public enum ConfigurationChangeError: Error, Equatable, Sendable {
    /// The file is not the one the change was meant for.
    case changed
    /// The change was made without saying for which file.
    case baseRequired
    /// What would stand there, or what stands there now, is invalid.
    case invalid([ConfigurationFault])
    /// What stands there now is invalid, and the change builds on it.
    case broken([ConfigurationFault])
    /// What was sent is no JSON5: why, and where.
    case text(String)
    /// A path that is none, or leads through what holds nothing.
    case path(ConfigurationPath.Fault)
    /// Nothing stands at the path.
    case absent(String)
    /// It stands in a file that is included, not in this one.
    case included(String)
    /// It makes no sense with what else stands there, for the reason that the sentence says.
    case refused(String)
    /// What would be written does not say what it should: a fault of this program.
    case unfaithful
    /// Another process holds the lock.
    case busy(lock: AbsolutePath)
    /// The file belongs to another profile.
    case foreign(file: AbsolutePath, profile: String, lock: AbsolutePath)
    /// The file or its directory cannot be used.
    case storage(StorageError)
}

extension ConfigurationChangeError: CustomStringConvertible {
    /// One sentence; for an invalid configuration one for each fault, on a line of its own.
    public var description: String {
        switch self {
        case .changed: "config changed since last load; re-run config.get and retry"
        case .baseRequired: "config base hash required; re-run config.get and retry"
        case .invalid(let faults): faults.map(\.description).joined(separator: "\n")
        case .broken(let faults):
            (["invalid config; fix before patching"] + faults.map(\.description)).joined(separator: "\n")
        case .text(let fault): fault
        case .path(let fault): fault.description
        case .absent(let path): "Config path not found: \(path)"
        case .included(let path): "\(path) stands in an included file; change it there"
        case .refused(let sentence): sentence
        case .unfaithful: "the change cannot be written without losing something; edit the file by hand"
        case .busy(let lock): "another process is writing the configuration and holds \(lock); try again"
        case .foreign(let file, let profile, let lock):
            "\(file) belongs to profile \"\(profile)\"; give this profile a file of its own, or remove \(lock) when that "
                + "profile does not use it any more"
        case .storage(let error): error.description
        }
    }
}
