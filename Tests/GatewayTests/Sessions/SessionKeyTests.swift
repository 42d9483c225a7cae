import JSON
import Testing

@testable import Gateway
@testable import Text

@Test(arguments: try Vectors.rows("agent-ids"))
func `ids of agents and accounts have one form`(row: JSON) throws {
    let text = try #require(row["in"]?.string)
    #expect(IdentifierText.agent(text) == row["agent"]?.string)
    #expect(IdentifierText.account(text) == row["account"]?.string)
}

@Test(arguments: try Vectors.rows("session-peer-keys"))
func `who writes decides which session it is`(row: JSON) throws {
    var settings = SessionSettings()
    settings.directScope = try row["dmScope"]?.string.map { try #require(.init(rawValue: $0)) } ?? .main
    settings.identityLinks =
        row["links"]?.object?.members.map { link in
            .init(name: link.name, ids: link.value.array?.compactMap(\.string) ?? [])
        } ?? []
    let kind = try #require(SessionKey.Peer.Kind(rawValue: row["kind"]?.string ?? ""))
    let peer = SessionKey.Peer(kind, id: try #require(row["peerId"]?.string), channel: "telegram", account: "acc-1")
    #expect(SessionKey(agent: "main", peer: peer, settings: settings).text == row["out"]?.string)
}

@Test(arguments: try Vectors.rows("session-store-key"))
func `an alias is the session it stands for`(row: JSON) throws {
    var settings = SessionSettings()
    let section = row["cfg"]?["session"]
    settings.scope = section?["scope"]?.string.flatMap(SessionSettings.Scope.init) ?? .perSender
    settings.mainKey = section?["mainKey"]?.string ?? "main"
    let agents = row["cfg"]?["agents"]?["list"]?.array ?? []
    let standard = agents.first { $0["default"] == true } ?? agents.first
    settings.defaultAgent = standard?["id"]?.string.map(IdentifierText.agent) ?? "main"
    let alias = try #require(row["key"]?.string)
    // Ours are in lower case throughout, so that MAIN is main.
    let plain = try Vectors.rows("session-store-key").first { $0["cfg"] == row["cfg"] && $0["key"] == "main" }
    let expected = alias == "MAIN" ? plain?["out"]?.string : row["out"]?.string
    #expect(SessionKey(alias: alias, settings: settings)?.text ?? "" == expected)
}

@Test func `a thread is a session beside the one it belongs to`() {
    let peer = SessionKey.Peer(.group, id: "G1", channel: "Telegram")
    let group = SessionKey(agent: "Main", peer: peer, settings: SessionSettings())
    #expect(group.thread("T 7").text == "agent:main:telegram:group:g1:thread:t 7")
    #expect(group.thread("T 7").isThread)
    #expect(group.thread(" ") == group)
    #expect(group.kind == .group)
    #expect(group.channel == "telegram")
    #expect(group.agent == "main")
    #expect(group.rest == "telegram:group:g1")
}

@Test(arguments: [
    ("global", SessionKey.Kind.global, nil), ("unknown", .unknown, nil), ("agent:main:main", .direct, "main"),
    ("agent:ops:telegram:acc:dm:7", .direct, "ops"), ("agent:ops:irc:channel:c", .group, "ops"),
    ("cron:x", .direct, nil),
    ("agent::x", .direct, nil), ("agent:x", .direct, nil),
])
func `a key tells what it names`(text: String, kind: SessionKey.Kind, agent: String?) throws {
    let key = try #require(SessionKey(stored: text))
    #expect(key.text == text)
    #expect(key.kind == kind)
    #expect(key.agent == agent)
}

@Test func `every spelling of the main session is known as such`() throws {
    var settings = SessionSettings()
    for alias in ["main", " MAIN ", "agent:main:main"] {
        #expect(try #require(SessionKey(alias: alias, settings: settings)).isMain(settings: settings))
    }
    #expect(try !#require(SessionKey(alias: "other", settings: settings)).isMain(settings: settings))
    settings.scope = .global
    #expect(try #require(SessionKey(alias: "main", settings: settings)) == .global)
    #expect(SessionKey.global.isMain(settings: settings))
}
