import Testing

@testable import Gateway
@testable import GatewayProtocol

private func entry(_ name: String, at time: Int64) -> PresenceEntry {
    PresenceEntry(host: name, text: name, time: time)
}

@Test func `who is connected stays, who left is remembered for five minutes`() {
    let presence = Presence()
    presence.enter("here", entry("here", at: 0))
    presence.enter("gone", entry("gone", at: 0))
    presence.enter("gone", entry("gone", at: 0))
    presence.leave("gone", at: 5)
    #expect(presence.entries(at: 6).allSatisfy { $0.reason == nil })
    presence.leave("gone", at: 10)
    #expect(presence.entries(at: 11).first == PresenceEntry(host: "gone", reason: "disconnect", text: "gone", time: 10))
    #expect(presence.entries(at: 10 + Presence.lifetime).map(\.text) == ["here"])
}

@Test func `no more than two hundred are kept, and those who left go first`() {
    let presence = Presence()
    for number in 0..<Presence.limit { presence.enter("\(number)", entry("\(number)", at: Int64(number))) }
    presence.leave("150", at: 1000)
    presence.note("new", entry("new", at: 2000))
    let names = presence.entries(at: 2000).map(\.text)
    #expect(names.count == Presence.limit)
    #expect(!names.contains("150"))
    #expect(names.contains("0"))
    #expect(names.first == "new")
}

@Test func `changes close together are one announcement`() {
    let presence = Presence()
    presence.note("a", entry("a", at: 0))
    #expect(presence.takeAnnouncement())
    #expect(!presence.takeAnnouncement())
    presence.announced()
    #expect(presence.takeAnnouncement())
}
