/// What became of a change of the configuration.
enum ReloadOutcome: Equatable, Sendable {
    /// Nothing that counts changed.
    case same
    /// The gateway goes on with these changes.
    case takenOver([String])
    /// The gateway starts anew for these changes.
    case restarting([String])
    /// These changes count after a restart, which is for somebody else to make.
    case waiting([String])
    /// For these reasons the gateway cannot go on with it, and keeps what it has.
    case refused([String])

    /// One word for programs.
    var word: String {
        switch self {
        case .same, .takenOver: "current"
        case .restarting, .waiting: "waiting"
        case .refused: "refused"
        }
    }

    /// What changed and counts after a restart, or why nothing counts.
    var details: [String] {
        switch self {
        case .same, .takenOver: []
        case .restarting(let details), .waiting(let details), .refused(let details): details
        }
    }
}
