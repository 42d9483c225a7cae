public import Time

/// When a service that failed is asked again.
public struct RetryPolicy: Sendable {
    /// The pauses before it is asked again; after the last of them it is not. Default 2, 4 and 8 seconds.
    public var pauses = [TimeSpan(2, .seconds), TimeSpan(4, .seconds), TimeSpan(8, .seconds)]
    /// The longest pause that a service may ask for instead. Who asks for more is not asked again. Default 60 seconds.
    public var longestPause = TimeSpan(60, .seconds)
    /// Waits.
    public var sleep: @Sendable (TimeSpan) async throws -> Void = { try await Task.sleep(for: $0.duration) }
    /// The time of day, against which a date is held until which a service wants to be left alone.
    public var clock = WallClock.system

    /// The defaults.
    public init() {}

    /// How long the pause is after `failure`, which was the one so counted, from 1; nil when the service is not asked
    /// again.
    func pause(after failure: ModelFailure, attempt: Int) -> TimeSpan? {
        guard failure.isTransient, attempt <= pauses.count else { return nil }
        let wanted = failure.retryAfter ?? .zero
        guard wanted <= longestPause else { return nil }
        return max(pauses[attempt - 1], wanted)
    }
}
