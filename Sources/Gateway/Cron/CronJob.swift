import GatewayProtocol
import Time

/// Something that is to be done at its time.
struct CronJob: Sendable, Equatable {
    /// Where it is done.
    enum Target: String, Sendable, CaseIterable {
        /// In the main session, which is told something.
        case main
        /// In a session of the job's own, where the main session does not see it.
        case isolated
    }

    /// When the main session hears of it.
    enum WakeMode: String, Sendable, CaseIterable {
        case nextHeartbeat = "next-heartbeat"
        case now
    }

    /// How a run ended.
    enum Status: String, Sendable, CaseIterable {
        case ok, error
    }

    /// What the main session is told of a run elsewhere.
    struct Isolation: Sendable, Equatable {
        enum Extent: String, Sendable, CaseIterable { case summary, full }

        /// The most characters of a full answer when nobody says, as in the original gateway.
        static let usualMaximum: Int64 = 8000

        var prefix: String?
        var mode: Extent?
        var maximum: Int64?
    }

    /// How things stand.
    struct State: Sendable, Equatable {
        /// When it is due; nil when it never is.
        var nextRunAt: Timestamp?
        /// Since when it is being done.
        var runningAt: Timestamp?
        var lastRunAt: Timestamp?
        var lastStatus: Status?
        var lastError: String?
        var lastDuration: TimeSpan?
    }

    var id: String
    var agentID: String?
    var name: String
    var description: String?
    var isEnabled: Bool
    /// Whether it is forgotten once it went well.
    var isDeletedAfterRun: Bool?
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var schedule: CronSchedule
    var target: Target
    var wakeMode: WakeMode
    var payload: CronPayload
    var isolation: Isolation?
    var state = State()

    /// Throws `ProtocolError` when what is to be done does not fit where, or cannot be done.
    func requireFitting() throws(ProtocolError) {
        switch (target, payload) {
        case (.main, .systemEvent): break
        case (.isolated, .agentTurn(let turn)):
            do throws(ProtocolError) {
                _ = try ThinkingLevel(turn.thinking)
            } catch {
                throw ProtocolError(.invalidRequest, "payload.thinking: \(error.message)")
            }
            try turn.requireDeliverable()
        case (.main, .agentTurn):
            throw ProtocolError(.invalidRequest, "main cron jobs require payload.kind=\"systemEvent\"")
        case (.isolated, .systemEvent):
            throw ProtocolError(.invalidRequest, "isolated cron jobs require payload.kind=\"agentTurn\"")
        }
    }

    /// Works out when it is due next, at `time`. Throws `ProtocolError` when its schedule can be none.
    mutating func plan(at time: Timestamp) throws(ProtocolError) {
        let next = try schedule.next(after: time, madeAt: createdAt, lastRunAt: state.lastRunAt)
        if case .cron(let text, _) = schedule, next == nil {
            throw ProtocolError(.invalidRequest, "schedule.expr: \"\(text)\" is never due")
        }
        state.nextRunAt = isEnabled ? next : nil
    }

    /// Notes how `run` ended, and works out when it is due next. Done once at its time, it is done with, however that
    /// went.
    mutating func note(_ run: CronRun) {
        state.runningAt = nil
        state.lastRunAt = run.startedAt
        state.lastStatus = run.status
        state.lastError = run.error
        state.lastDuration = run.duration
        if case .at(let moment) = schedule, run.startedAt >= moment { isEnabled = false }
        do throws(ProtocolError) {
            try plan(at: max(run.startedAt, run.endedAt))
        } catch {
            // The host may have forgotten the time zone. The job stays, and shows why it is not due.
            state.nextRunAt = nil
            state.lastError = error.message
        }
    }

    /// Whether nothing is left to do of it, and its owner wished it forgotten then.
    var isOver: Bool { isDeletedAfterRun == true && state.lastStatus == .ok && state.nextRunAt == nil }
}
