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
        Setting(
            "every", \.every, .duration(upTo: .longestInterval),
            "The time between two; a number alone counts minutes, 0 is never."),
        Setting("activeHours", \.activeHours, "The hours of the day it does so."),
        Setting("model", \.model, "The model for it."),
        Setting("session", \.session, "The session it happens in; without one the main session."),
        Setting(unserved: "includeReasoning", .boolean, "Whether the model's thoughts are sent too."),
        Setting("target", \.target, "The channel its word goes to: last, none or a channel.").unserved,
        Setting(unserved: "to", .string, "Whom it goes to there."),
        Setting("prompt", \.prompt, "What the agent is asked."),
        Setting("ackMaxChars", \.ackMaxChars, .natural, "How long an answer that nothing is to do may be."),
    ]
}

extension HeartbeatSection {
    /// What is different for one agent: `heartbeat` of an entry of `agents.list`. It has the keys of the defaults, and what it
    /// does not set is as there.
    public struct Changes: SettingValue {
        private let object: JSONObject

        init?(_ json: JSON) {
            guard let object = json.object else { return nil }
            self.object = object
        }

        static var schema: ConfigurationSchema { ConfigurationSchema(.object(HeartbeatSection.rule.withoutDefaults)) }

        var fallback: JSON? { nil }

        /// `defaults` with these differences.
        package func applied(to defaults: HeartbeatSection) -> HeartbeatSection {
            var section = defaults
            section.take(object)
            return section
        }
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
