/// What users say while a turn is under way that is to change its course.
public protocol TurnSteering: Sendable {
    /// What was said since the last call: from now on the turn goes on from it. Asked for after tools were called, before the
    /// model is asked again.
    func take() async throws -> [ModelContext.Entry]
}

/// Steering of turns that nobody steers.
public struct NoSteering: TurnSteering {
    /// For any turn.
    public init() {}

    /// Nothing.
    public func take() async throws -> [ModelContext.Entry] { [] }
}
