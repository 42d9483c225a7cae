/// The hours of the day in which an agent looks for work by itself.
struct ActiveHours: Sendable, Equatable {
    /// A time zone that this host does not know.
    struct UnknownZone: Error, Equatable {
        var name: String
    }

    /// Minutes after midnight: from `start`, before `end`, which may be the next day.
    var start: Int
    var end: Int
    /// Nil means the host's.
    var zone: String?

    /// What `section` says; nil when it does not say when they begin and end.
    init?(_ section: ActiveHoursSection) {
        guard let start = section.start.flatMap(Self.minutes), let end = section.end.flatMap(Self.minutes) else {
            return nil
        }
        (self.start, self.end) = (start, end)
        zone = section.timezone.flatMap(Self.zone)
    }

    /// The name of the zone that `text` means; nil when it means the host's.
    static func zone(_ text: String) -> String? {
        ["", "local", "user"].contains(text) ? nil : text
    }

    /// The minutes after midnight of `text`, `00:00` to `24:00`; nil when it is no such time.
    static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { 48...57 ~= $0 } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour < 24 || hour == 24 && minute == 0
        else { return nil }
        return hour * 60 + minute
    }

    /// Whether `time` is in them. A day long when they end when they begin.
    func contain(_ time: Timestamp) throws(UnknownZone) -> Bool {
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
