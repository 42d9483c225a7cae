public import Policy

/// A value and where it came from, so that `status` can say both.
public struct Sourced<Value: Sendable>: Sendable {
    /// What counts.
    public var value: Value
    /// Where it came from.
    public var source: ValueSource

    /// `value`, which `source` has said.
    public init(_ value: Value, from source: ValueSource) {
        self.value = value
        self.source = source
    }
}

extension Sourced: Equatable where Value: Equatable {}

/// Where a setting came from.
public enum ValueSource: Equatable, Sendable {
    /// A flag of the command line, with its dashes.
    case argument(String)
    /// A variable of the environment.
    case environment(String)
    /// A variable the launcher set: the host's decision, seen from inside.
    case launcher(String)
    /// A key of the host-owned profile file.
    case profile(String)
    /// A key of the gateway's own configuration file.
    case file(key: String, path: AbsolutePath)
    /// The host's registry of what runs.
    case running
    /// Nobody chose; why it is what it is.
    case `default`(String)
}

extension ValueSource: CustomStringConvertible {
    /// A phrase for a person.
    public var description: String {
        switch self {
        case .argument(let flag): flag
        case .environment(let name): name
        case .launcher(let name): "assigned by the launcher in \(name)"
        case .profile(let key): "\(key) in the profile file"
        case .file(let key, let path): "\(key) in \(path)"
        case .running: "where it runs now"
        case .default(let reason): reason
        }
    }
}
