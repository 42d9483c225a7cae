import Testing
import Time

@Test(arguments: [
    (0 as Timestamp, "1970-01-01T00:00:00.000Z"), (1_769_863_496_789, "2026-01-31T12:44:56.789Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
])
func `times are written as files have them, and read back`(time: Timestamp, text: String) {
    #expect(RFC3339.text(time) == text)
    #expect(RFC3339.time(text) == time)
}

@Test(arguments: ["", "yesterday", "2026-01-31", "2026-01-31T12:44:56+02:00"])
func `what is no such time is none`(text: String) {
    #expect(RFC3339.time(text) == nil)
}
