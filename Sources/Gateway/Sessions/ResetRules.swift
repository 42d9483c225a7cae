public import Time

/// When a conversation begins anew, by kind of conversation and by channel: `session.reset` and its relatives.
public struct ResetRules: Equatable, Sendable {
    /// What the time is measured by.
    public enum Trigger: String, Sendable, CaseIterable {
        /// The hour of the day.
        case daily
        /// Silence.
        case idle
    }

    /// The kinds that can have a rule of their own.
    public enum Kind: String, Sendable, CaseIterable {
        case direct = "dm"
        case group, thread

        /// The kind of the session `key`.
        public init(_ key: SessionKey) {
            self = key.isThread ? .thread : key.kind == .group ? .group : .direct
        }
    }

    /// One rule; what it leaves out, a more general one or the default says.
    public struct Rule: Equatable, Sendable {
        /// `mode`: whether the conversation begins anew at an hour of the day or after silence. Nil when the
        /// rule does not say.
        public var mode: Trigger?
        /// `atHour`, 0 to 23, local time.
        public var hour: Int?
        /// `idleMinutes`: the silence, a minute or more.
        public var silence: TimeSpan?

        /// A rule that leaves out whatever is nil.
        public init(mode: Trigger? = nil, hour: Int? = nil, silence: TimeSpan? = nil) {
            self.mode = mode
            self.hour = hour
            self.silence = silence
        }
    }

    /// `session.reset`.
    public var general: Rule?
    /// `session.resetByType`.
    public var byKind: [Kind: Rule] = [:]
    /// `session.resetByChannel`, by the channel's id. Comes before the other two.
    public var byChannel: [String: Rule] = [:]
    /// `session.idleMinutes`, the older way to say it.
    public var silence: TimeSpan?

    /// No rule: anew every day at four in the morning, local time.
    public init() {}

    /// What counts for the session `key`, whose messages come through `channel`.
    public func policy(for key: SessionKey, channel: String? = nil) -> ResetPolicy {
        let own = (channel ?? key.channel).flatMap { byChannel[$0] }
        let general = own ?? self.general
        let kind = own == nil ? byKind[Kind(key)] : nil
        let older = own == nil ? silence : nil
        let isSilent = general == nil && (own != nil || byKind.isEmpty)
        let mode = kind?.mode ?? general?.mode ?? (isSilent && older != nil ? .idle : .daily)
        let silence = kind?.silence ?? general?.silence ?? older ?? (mode == .idle ? TimeSpan(1, .hours) : nil)
        return ResetPolicy(
            dailyHour: mode == .daily ? min(max(kind?.hour ?? general?.hour ?? 4, 0), 23) : nil,
            silence: silence.map { max($0, TimeSpan(1, .minutes)) })
    }
}

/// When one conversation begins anew: at an hour of the day, after silence, or whichever comes first.
public struct ResetPolicy: Equatable, Sendable {
    /// The hour of the day at which the conversation begins anew, local time, 0 to 23. Nil when no hour ends it.
    public var dailyHour: Int?
    /// How long nobody may have written before the conversation begins anew. Nil when silence does not end it.
    public var silence: TimeSpan?

    /// Whether what was last used at `updatedAt` is over at `now`.
    public func isOver(updatedAt: Timestamp, now: Timestamp) -> Bool {
        if let silence, now.since(updatedAt) > silence { return true }
        if let dailyHour, updatedAt < Self.last(hour: dailyHour, before: now) { return true }
        return false
    }

    /// The last time before `now` at which the clocks of `zone`, by default this host's, showed `hour`. On a day on which they
    /// were put forward over it, the time it would have been.
    static func last(hour: Int, before now: Timestamp, in zone: TimeZoneRules = here) -> Timestamp {
        let today = CivilDate.days(ofSeconds: now.seconds + Int64(zone.offset(at: now.seconds)))
        func time(on day: Int) -> Timestamp {
            let local = Int64(day) * CivilDate.secondsOfADay + Int64(hour) * 3600
            // Where clocks were put back over it, the day is over at the first.
            return Timestamp(clamping: (zone.times(ofLocal: local).first ?? local) * 1000)
        }
        let moment = time(on: today)
        return moment > now ? time(on: today - 1) : moment
    }

    /// Read once: this is asked at every message.
    private static let here = TimeZoneRules.local()
}
