import Time

/// The times at which a cron expression is due: `minute hour day-of-month month day-of-week`, with a field for
/// seconds in front if there are six.
///
/// Read as cron(8) reads it: lists, ranges, steps, names of months and days, 7 for Sunday, and when both days are
/// restricted one of them is enough. `L` is the last day of the month. `@hourly` and its relatives stand for
/// expressions.
struct CronExpression: Sendable, Equatable {
    private var seconds: UInt64
    private var minutes: UInt64
    private var hours: UInt64
    private var days: UInt64
    private var months: UInt64
    private var weekdays: UInt64
    private var isLastDay = false
    private var restrictsDays: Bool
    private var restrictsWeekdays: Bool
    private var restrictsHours: Bool

    /// Why a text is no expression: one sentence.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// Reads `text`.
    init(_ text: String) throws(Fault) {
        let words = try Self.words(of: text)
        guard words.count == 5 || words.count == 6 else {
            throw Fault(
                description: "a cron expression has 5 fields (minute hour day month weekday), or 6 with seconds in "
                    + "front; \"\(text)\" has \(words.count)")
        }
        let fields = words.count == 5 ? ["0"] + words : words
        seconds = try Self.set(fields[0], "second", 0...59)
        minutes = try Self.set(fields[1], "minute", 0...59)
        hours = try Self.set(fields[2], "hour", 0...23)
        months = try Self.set(fields[4], "month", 1...12, names: Self.monthNames, first: 1)
        let weekdays = try Self.set(fields[5], "weekday", 0...7, names: Self.weekdayNames, first: 0)
        self.weekdays = weekdays & 0x7F | weekdays >> 7
        if fields[3] == "l" {
            isLastDay = true
            days = 0
        } else {
            days = try Self.set(fields[3], "day", 1...31)
        }
        func isRestricted(_ field: String) -> Bool { !field.hasPrefix("*") && field != "?" }
        restrictsHours = isRestricted(fields[2])
        restrictsDays = isRestricted(fields[3])
        restrictsWeekdays = isRestricted(fields[5])
    }

    /// The first time after `time` that is due in `zone`, in seconds since 1970; nil when there is none.
    ///
    /// Where clocks are put forward, what was due in the hour left out is due that much later. Where they are
    /// put back, what is due at an hour is due once, and what is due every hour goes on.
    func next(after time: Int64, in zone: TimeZoneRules) -> Int64? {
        // Where clocks were put forward less than a day ago, what was due in the hour left out may be still to come.
        var local = time + Int64(min(zone.offset(at: time), zone.offset(at: time - 86_400)))
        while let due = nextLocal(after: local) {
            let candidates = zone.times(ofLocal: due)
            let found = restrictsHours ? candidates.first : candidates.first { $0 > time }
            if let found, found > time {
                return restrictsHours ? found : repeated(before: found, after: time, in: zone) ?? found
            }
            local = due
        }
        return nil
    }

    /// What is due every hour is due as well in an hour that comes again before `found`.
    private func repeated(before found: Int64, after time: Int64, in zone: TimeZoneRules) -> Int64? {
        let offset = zone.offset(at: found)
        guard offset < zone.offset(at: time) else { return nil }
        var (low, high) = (time, found)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if zone.offset(at: middle) == offset { high = middle } else { low = middle }
        }
        guard let due = nextLocal(after: high + Int64(offset) - 1) else { return nil }
        let again = due - Int64(offset)
        return again > time && again < found ? again : nil
    }

    // MARK: The calendar

    /// The first local time after `local` that is due; both in seconds since 1970 as if there were no zones.
    private func nextLocal(after local: Int64) -> Int64? {
        let start = local + 1
        var day = CivilDate.days(ofSeconds: start)
        var second = Int(start - Int64(day) * 86_400)
        // 29 February is at most eight years away.
        let end = day + 366 * 9
        while day <= end {
            let date = CivilDate(daysSince1970: day)
            guard Self.contains(months, date.month) else {
                day = Self.nextMonth(after: date).daysSince1970
                second = 0
                continue
            }
            if isDue(date), let time = time(from: second) { return Int64(day) * 86_400 + Int64(time) }
            day += 1
            second = 0
        }
        return nil
    }

    private func isDue(_ date: CivilDate) -> Bool {
        let isDay = isLastDay ? date.day == date.daysInMonth : Self.contains(days, date.day)
        let isWeekday = Self.contains(weekdays, date.weekday)
        return restrictsDays && restrictsWeekdays ? isDay || isWeekday : isDay && isWeekday
    }

    /// The first second of the day from `second` on that is due.
    private func time(from second: Int) -> Int? {
        for hour in second / 3600..<24 where Self.contains(hours, hour) {
            let rest = max(0, second - hour * 3600)
            for minute in rest / 60..<60 where Self.contains(minutes, minute) {
                for second in max(0, rest - minute * 60)..<60 where Self.contains(seconds, second) {
                    return hour * 3600 + minute * 60 + second
                }
            }
        }
        return nil
    }

    private static func nextMonth(after date: CivilDate) -> CivilDate {
        date.month == 12
            ? CivilDate(year: date.year + 1, month: 1, day: 1)
            : CivilDate(year: date.year, month: date.month + 1, day: 1)
    }

    private static func contains(_ set: UInt64, _ number: Int) -> Bool { set >> UInt64(number) & 1 == 1 }

    // MARK: Reading

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let names = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    /// The fields of `text`; those of what a name stands for.
    private static func words(of text: String) throws(Fault) -> [String] {
        let words = text.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        guard let name = words.first, name.hasPrefix("@") else { return words }
        guard words.count == 1, let expression = names[name] else {
            let known = names.keys.sorted().joined(separator: ", ")
            throw Fault(description: "\"\(text)\" is none of \(known)")
        }
        return expression.split(separator: " ").map(String.init)
    }

    private static func set(
        _ field: String, _ kind: String, _ range: ClosedRange<Int>, names: [String] = [], first: Int = 0
    ) throws(Fault) -> UInt64 {
        func number(_ text: Substring) throws(Fault) -> Int {
            if let index = names.firstIndex(where: { $0 == text }) { return index + first }
            guard let number = Int(text), text.allSatisfy(\.isNumber), range.contains(number) else {
                throw Fault(
                    description: "\"\(text)\" is no \(kind); expected \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        var set: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            var step = 1
            if halves.count == 2 {
                guard let given = Int(halves[1]), given > 0, halves[1].allSatisfy(\.isNumber) else {
                    throw Fault(description: "\"\(halves[1])\" is no step of \(kind)s; expected 1 or more")
                }
                step = given
            }
            let (lower, upper): (Int, Int)
            if halves[0] == "*" || halves[0] == "?" {
                // 7 is Sunday again.
                (lower, upper) = (range.lowerBound, kind == "weekday" ? 6 : range.upperBound)
            } else {
                let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                lower = try number(ends[0])
                upper = ends.count == 2 ? try number(ends[1]) : halves.count == 2 ? range.upperBound : lower
            }
            guard lower <= upper else {
                throw Fault(description: "\"\(part)\" begins after its end")
            }
            for value in stride(from: lower, through: upper, by: step) { set |= 1 << UInt64(value) }
        }
        return set
    }
}
