import JSON
import Time

/// When an agent looks for work by itself: `agents.defaults.heartbeat`.
public struct HeartbeatSection: ConfigurationSection {
    /// `every`: the time between two heartbeats, as a number with a unit (`ms`, `s`, `m`, `h` or `d`). A number alone
    /// counts minutes, and 0 means never. The default is 30 minutes.
    public var every = "30m"
    /// `activeHours`: the hours of the day in which there are heartbeats.
    public var activeHours = ActiveHoursSection()
    /// `model`: the model that answers heartbeats, as `provider/model`. Nil means the agent's own.
    public var model: String?
    /// `session`, as it was written.
    public var session: String?
    /// `target`: where the agent's answer is sent: `last`, `none` or the id of a messaging service. The default is `last`.
    public var target = "last"
    /// `prompt`: what the agent is asked at each heartbeat.
    public var prompt: String?
    /// `ackMaxChars`: how many characters an answer may have that says there is nothing to do. The default is 300.
    public var ackMaxChars: Int64 = 300

    static let settings: [Setting<HeartbeatSection>] = [
        Setting(
            "every", \.every, .duration(upTo: .longestInterval),
            "The time between two; a number alone counts minutes, 0 is never."),
        Setting("activeHours", \.activeHours, "The hours of the day it does so."),
        Setting("model", \.model, "The model for it."),
        Setting("session", \.session, "The session it happens in; without one the main session."),
        Setting(unserved: "includeReasoning", .boolean, "Whether the model's thoughts are sent too."),
        Setting(
            "target", \.target,
            "Where its word goes: last, to where its session was last written to from, if that is a messaging service; none; or a "
                + "service, if it was that one."),
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
    /// `start`: the time of day from which there are heartbeats, such as `08:00`. Required when there is an `end`.
    public var start: String?
    /// `end`: the time of day until which there are heartbeats, such as `22:00`; `24:00` is the end of the day.
    /// Required when there is a `start`.
    public var end: String?
    /// `timezone`: the time zone of both times, such as `Europe/Berlin`. Nil or `local` means the host's.
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
