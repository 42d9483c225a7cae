import Policy

/// What the registry knows a running instance by.
enum InstanceKey: Hashable, Sendable {
    /// A profile of the host, of which one instance runs at a time.
    case profile(ProfileName)
    /// An instance that exists by variables alone, whatever it calls itself: the SHA-256 of its state directory's path, in
    /// hexadecimal digits.
    case directory(String)

    /// The instance with this state directory, which is no profile's.
    init(stateDirectory: AbsolutePath) {
        self = .directory(stateDirectory.digest)
    }

    /// The name of its lock file, without the end. No profile's begins with a plus sign.
    var fileName: String {
        switch self {
        case .profile(let name): name.text
        case .directory(let digest): "+\(digest)"
        }
    }

    init?(fileName: String) {
        if fileName.hasPrefix("+") {
            self = .directory(String(fileName.dropFirst()))
        } else if let name = ProfileName(fileName) {
            self = .profile(name)
        } else {
            return nil
        }
    }
}
