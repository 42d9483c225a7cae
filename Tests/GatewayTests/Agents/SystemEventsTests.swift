import Testing

@testable import Gateway
@testable import Text

private func line(_ number: Int, _ size: Int) -> String { "\(number)" + String(repeating: "x", count: size) }

@Test func `the newest lines wait, so many and so much of them`() throws {
    let events = SystemEvents()
    for number in 1...30 { try events.add("\(number)", for: "a") }
    #expect(events.take(for: "a") == (11...30).map(String.init))
    for number in 1...9 { try events.add(line(number, 10_000), for: "a") }
    #expect(events.waiting(for: "a").map(\.first) == ["4", "5", "6", "7", "8", "9"])
    #expect(events.byteCount <= SystemEvents.byteLimit)
}

@Test func `a line that is too long is refused, and loses nothing`() throws {
    let events = SystemEvents()
    try events.add(String(repeating: "x", count: SystemEvents.lineLimit), for: "a")
    #expect(throws: SystemEvents.Refusal.tooLong) {
        try events.add(String(repeating: "y", count: SystemEvents.lineLimit + 1), for: "a")
    }
    #expect(events.waiting(for: "a").count == 1)
}

@Test func `lines wait for so many sessions, and always for main ones`() throws {
    let events = SystemEvents()
    for number in 1...SystemEvents.sessionLimit { try events.add("x", for: "\(number)") }
    #expect(throws: SystemEvents.Refusal.tooManySessions) { try events.add("x", for: "another") }
    try events.add("y", for: "1")
    try events.add("x", for: "main") { true }
    #expect(events.sessionCount == SystemEvents.sessionLimit + 1)
    _ = events.take(for: "1")
    _ = events.take(for: "2")
    try events.add("x", for: "another")
}

@Test func `what the gateway itself notes is cut, and told in whole characters`() {
    let text = "a" + String(repeating: "é", count: SystemEvents.lineLimit)
    let cut = text.prefix(bytes: SystemEvents.lineLimit)
    #expect(cut.utf8.count == SystemEvents.lineLimit - 1)
    #expect(text.hasPrefix(cut))
    #expect("short".prefix(bytes: 10) == "short")
}
