import Testing
import Time

/// What the article "Read and write times" shows, line by line; ArchitectureTests compares the two.
@Suite struct TimeArticleTests {
    @Test func `times are read, added to and written`() throws {
        var lines: [String] = []
        func print(_ line: String) { lines.append(line) }
        guard let start = RFC3339.time("2026-12-01T08:00:00Z") else { return }
        let end = start + TimeSpan(90, .minutes)
        let text = RFC3339.text(end)
        #expect(text == "2026-12-01T09:30:00.000Z")

        let timeout = try DurationText.span("30m", unit: .seconds)
        let pause = try DurationText.span("45", unit: .seconds)
        print("\(timeout) and \(pause)")
        #expect(lines == ["30m and 45s"])

        let clock = WallClock { 1_764_576_000_000 }
        let isOver = clock.now > start
        #expect(!isOver)
    }

    @Test func `what is no time is nil, and what is no length of time says so`() {
        #expect(RFC3339.time("2026-13-01T08:00:00Z") == nil)
        #expect(throws: DurationText.Fault.self) { try DurationText.span("soon", unit: .seconds) }
    }
}
