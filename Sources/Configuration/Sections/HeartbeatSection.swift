import JSON
import Time

/// When an agent looks for work by itself: `agents.defaults.heartbeat`.
public struct HeartbeatSection: ConfigurationSection {
    /// `every`.
    public var every = "30m"
    /// `activeHours`.
    public var activeHours = ActiveHoursSection()
    /// `model`.
    public var model: String?
    /// `session`, as it was written.
    public var session: String?
    /// `target`.
    public var target = "last"
    /// `prompt`.
    public var prompt: String?
    /// `ackMaxChars`.
    public var ackMaxChars: Int64 = 300

    static let settings: [Setting<HeartbeatSection>] = [
        Setting("every", \.every, .duration(upTo: .longestInterval), HeartbeatHelp.every),
        Setting("activeHours", \.activeHours, HeartbeatHelp.activeHours),
        Setting("model", \.model, HeartbeatHelp.model), Setting("session", \.session, HeartbeatHelp.session),
        Setting(unserved: "includeReasoning", .boolean, HeartbeatHelp.includeReasoning),
        Setting("target", \.target, HeartbeatHelp.target).unserved,
        Setting(unserved: "to", .string, HeartbeatHelp.to), Setting("prompt", \.prompt, HeartbeatHelp.prompt),
        Setting("ackMaxChars", \.ackMaxChars, .natural, HeartbeatHelp.ackMaxChars),
    ]
}

/// What is different for one agent: `heartbeat` of an entry of `agents.list`. What is nil is as in the defaults.
public struct HeartbeatChanges: ConfigurationSection {
    /// `every`.
    public var every: String?
    /// `activeHours`.
    public var activeHours: ActiveHoursSection?
    /// `model`.
    public var model: String?
    /// `session`, as it was written.
    public var session: String?
    /// `target`.
    public var target: String?
    /// `prompt`.
    public var prompt: String?
    /// `ackMaxChars`.
    public var ackMaxChars: Int64?

    /// Nothing different.
    public init() {}

    static let settings: [Setting<HeartbeatChanges>] = [
        Setting("every", \.every, .duration(upTo: .longestInterval), HeartbeatHelp.every),
        Setting("activeHours", \.activeHours, HeartbeatHelp.activeHours),
        Setting("model", \.model, HeartbeatHelp.model), Setting("session", \.session, HeartbeatHelp.session),
        Setting(unserved: "includeReasoning", .boolean, HeartbeatHelp.includeReasoning),
        Setting("target", \.target, HeartbeatHelp.target).unserved,
        Setting(unserved: "to", .string, HeartbeatHelp.to), Setting("prompt", \.prompt, HeartbeatHelp.prompt),
        Setting("ackMaxChars", \.ackMaxChars, .natural, HeartbeatHelp.ackMaxChars),
    ]

    /// `defaults` with these differences.
    package func applied(to defaults: HeartbeatSection) -> HeartbeatSection {
        var section = defaults
        section.every = every ?? section.every
        section.activeHours = activeHours ?? section.activeHours
        section.model = model ?? section.model
        section.session = session ?? section.session
        section.target = target ?? section.target
        section.prompt = prompt ?? section.prompt
        section.ackMaxChars = ackMaxChars ?? section.ackMaxChars
        return section
    }
}

/// The hours of the day: `heartbeat.activeHours`.
public struct ActiveHoursSection: ConfigurationSection {
    /// `start`.
    public var start: String?
    /// `end`.
    public var end: String?
    /// `timezone`.
    public var timezone: String?

    static let settings: [Setting<ActiveHoursSection>] = [
        Setting("start", \.start, .string(pattern: .timeOfDay), "From when on: 08:00."),
        Setting("end", \.end, .string(pattern: .timeOfDay), "Until when: 22:00, or 24:00."),
        Setting("timezone", \.timezone, "Where: a zone like Europe/Berlin; without one, or local, the host's."),
    ]

    static let checks = [
        // Half of them would be taken for none, and an agent look for work at night.
        ObjectCheck { hours in
            for (given, missing) in [("start", "end"), ("end", "start")] where hours[given] != nil {
                if hours[missing] == nil {
                    return ([.name(missing)], "`\(missing)` is required when there is a `\(given)`")
                }
            }
            return nil
        },
        // Where no zone is known the heartbeat itself says so: a gateway is not to stay down for a missing package.
        ObjectCheck { hours in
            guard let name = hours["timezone"]?.string.flatMap(ActiveHours.zone), TimeZoneRules.named(name) == nil,
                TimeZoneRules.areInstalled
            else { return nil }
            return ([.name("timezone")], TimeZoneRules.unknown(name))
        },
    ]
}

/// What the keys of both mean.
private enum HeartbeatHelp {
    static let every = "The time between two; a number alone counts minutes, 0 is never."
    static let activeHours = "The hours of the day it does so."
    static let model = "The model for it."
    static let session = "The session it happens in; without one the main session."
    static let includeReasoning = "Whether the model's thoughts are sent too."
    static let target = "The channel its word goes to: last, none or a channel."
    static let to = "Whom it goes to there."
    static let prompt = "What the agent is asked."
    static let ackMaxChars = "How long an answer that nothing is to do may be."
}
