/// A rule for a place's clocks as the variable TZ writes it (POSIX.1 section 8.3, RFC 9636 section 3.3.1):
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixTimeZone: Sendable, Equatable {
    /// A day of the year and a time of that day.
    private struct Moment: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// The `week`th such `weekday` of `month`; the fifth is the last.
            case weekday(month: Int, week: Int, weekday: Int)
            /// 1 to 365, without 29 February.
            case julian(Int)
            /// 0 to 365.
            case ordinal(Int)
        }

        var day: Day
        /// Seconds after midnight; may lie in another day.
        var time = 7200

        /// The moment in `year`, in local seconds since 1970.
        func local(in year: Int) -> Int64 {
            let first = CivilDate(year: year, month: 1, day: 1).daysSince1970
            let days: Int
            switch day {
            case .weekday(let month, let week, let weekday):
                var date = CivilDate(year: year, month: month, day: 1)
                date.day += (weekday - date.weekday + 7) % 7 + 7 * (week - 1)
                if date.day > date.daysInMonth { date.day -= 7 }
                days = date.daysSince1970
            case .julian(let number):
                let isLeap = CivilDate(year: year, month: 2, day: 1).daysInMonth == 29
                days = first + number - 1 + (isLeap && number >= 60 ? 1 : 0)
            case .ordinal(let number): days = first + number
            }
            return Int64(days) * 86_400 + Int64(time)
        }
    }

    /// Seconds ahead of UTC outside daylight saving time.
    let standard: Int
    private var daylight: Int?
    private var start: Moment?
    private var end: Moment?

    /// Seconds ahead of UTC at `time`, which is in seconds since 1970.
    func offset(at time: Int64) -> Int {
        guard let daylight, let start, let end else { return standard }
        let local = time + Int64(standard)
        let year = CivilDate(daysSince1970: CivilDate.days(ofSeconds: local)).year
        let begin = start.local(in: year) - Int64(standard)
        let finish = end.local(in: year) - Int64(daylight)
        let isDaylight = begin < finish ? time >= begin && time < finish : time >= begin || time < finish
        return isDaylight ? daylight : standard
    }

    /// Reads `text`; nil when it is no rule.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard Self.name(&rest), let west = Self.time(&rest, hours: 24) else { return nil }
        standard = -west
        guard !rest.isEmpty else { return }
        guard Self.name(&rest) else { return nil }
        daylight = standard + 3600
        if let next = rest.first, next != UInt8(ascii: ",") {
            guard let west = Self.time(&rest, hours: 24) else { return nil }
            daylight = -west
        }
        // Without dates those of the United States count, which no file relies on.
        guard let start = Self.moment(&rest), let end = Self.moment(&rest), rest.isEmpty else { return nil }
        self.start = start
        self.end = end
    }

    /// A name of three letters or more, or anything between angle brackets.
    private static func name(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.first == UInt8(ascii: "<") {
            guard let close = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(close + 1)...]
            return true
        }
        let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, in range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        guard let number = Int(String(decoding: digits, as: UTF8.self)), range.contains(number) else { return nil }
        return number
    }

    private static func take(_ character: Character, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == character.asciiValue else { return false }
        rest.removeFirst()
        return true
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    private static func time(_ rest: inout ArraySlice<UInt8>, hours: Int) -> Int? {
        let isNegative = take("-", &rest)
        if !isNegative { _ = take("+", &rest) }
        guard let hour = number(&rest, in: 0...hours) else { return nil }
        var seconds = hour * 3600
        for unit in [60, 1] where take(":", &rest) {
            guard let part = number(&rest, in: 0...59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// `,date[/time]`.
    private static func moment(_ rest: inout ArraySlice<UInt8>) -> Moment? {
        guard take(",", &rest) else { return nil }
        var moment: Moment
        if take("M", &rest) {
            guard let month = number(&rest, in: 1...12), take(".", &rest), let week = number(&rest, in: 1...5),
                take(".", &rest), let weekday = number(&rest, in: 0...6)
            else { return nil }
            moment = Moment(day: .weekday(month: month, week: week, weekday: weekday))
        } else if take("J", &rest) {
            guard let day = number(&rest, in: 1...365) else { return nil }
            moment = Moment(day: .julian(day))
        } else {
            guard let day = number(&rest, in: 0...365) else { return nil }
            moment = Moment(day: .ordinal(day))
        }
        if take("/", &rest) {
            // RFC 9636 allows a week either way.
            guard let time = time(&rest, hours: 167) else { return nil }
            moment.time = time
        }
        return moment
    }
}
