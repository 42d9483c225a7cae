package import Time

/// The hours of the day in which an agent looks for work by itself.
package struct ActiveHours: Sendable, Equatable {
    /// A time zone that this host does not know.
    package struct UnknownZone: Error, Equatable {
        package var name: String
    }

    /// Minutes after midnight: from `start`, before `end`, which may be the next day.
    var start: Int
    package var end: Int
    /// Nil means the host's.
    var zone: String?

    /// What `section` says; nil when it does not say when they begin and end.
    package init?(_ section: ActiveHoursSection) {
        guard let start = section.start.flatMap(TimeOfDay.minutes), let end = section.end.flatMap(TimeOfDay.minutes)
        else {
            return nil
        }
        (self.start, self.end) = (start, end)
        zone = section.timezone.flatMap(Self.zone)
    }

    /// The name of the zone that `text` means; nil when it means the host's.
    static func zone(_ text: String) -> String? {
        ["", "local", "user"].contains(text) ? nil : text
    }

    /// Whether `time` is in them. A day long when they end when they begin.
    package func contain(_ time: Timestamp) throws(UnknownZone) -> Bool {
        guard let rules = zone.map(TimeZoneRules.named) ?? TimeZoneRules.local() else {
            throw UnknownZone(name: zone ?? "")
        }
        let second = time.seconds
        let day: Int64 = 24 * 3600
        let local = ((second + Int64(rules.offset(at: second))) % day + day) % day
        let minute = Int(local / 60)
        if start == end { return true }
        return start < end ? start..<end ~= minute : minute >= start || minute < end
    }
}
