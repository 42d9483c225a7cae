import JSON

/// What a run needs to go on in another process.
struct RunTask: Sendable {
    /// What was asked, without the message, which its transcript keeps: see `RunRequest.kept`.
    var request: JSON
    /// The transcript its message stands in.
    var sessionID: String
    /// The place of its message there; nil when nothing was said.
    var place: Int64?
}

/// A run that a process left when it ended.
struct UnfinishedRun: Sendable {
    var space: Run.Space
    var runID: String
    var sessionKey: SessionKey
    /// How often its agent began.
    var attempts: Int
    var task: RunTask

    /// How often an agent begins at most: once, and three times after crashes.
    static let attemptLimit = 4
}
