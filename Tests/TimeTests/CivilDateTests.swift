import Testing

@testable import Time

@Test(arguments: [
    (0, 1970, 1, 1, 4), (-1, 1969, 12, 31, 3), (11_016, 2000, 2, 29, 2), (11_017, 2000, 3, 1, 3),
    (20_544, 2026, 4, 1, 3),
    (-719_468, 0, 3, 1, 3), (47_541, 2100, 3, 1, 1), (47_540, 2100, 2, 28, 0),
])
func `a day is a date, and the date that day`(days: Int, year: Int, month: Int, day: Int, weekday: Int) {
    let date = CivilDate(daysSince1970: days)
    #expect(date == CivilDate(year: year, month: month, day: day))
    #expect(date.daysSince1970 == days)
    #expect(date.weekday == weekday)
}

@Test func `days follow each other without gap for eight hundred years`() {
    var date = CivilDate(year: 1800, month: 1, day: 1)
    for days in date.daysSince1970...CivilDate(year: 2600, month: 1, day: 1).daysSince1970 {
        guard CivilDate(daysSince1970: days) == date, date.daysSince1970 == days else {
            Issue.record("\(days): \(date)")
            return
        }
        date.day += 1
        if date.day > date.daysInMonth { (date.month, date.day) = (date.month + 1, 1) }
        if date.month > 12 { (date.year, date.month) = (date.year + 1, 1) }
    }
}
