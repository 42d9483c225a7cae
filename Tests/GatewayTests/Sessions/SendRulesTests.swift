import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

private func rules(_ json: JSON) throws -> SendRules {
    let section = try #require(SessionSection(["sendPolicy": json]))
    return SessionSettings(section).sending
}

@Test(
    arguments: [
        // No rule, no policy: everything may be written to.
        ([:], "agent:main:main", [:], true), (["default": "deny"], "agent:main:main", [:], false),
        // A key with its agent, and without.
        (["rules": [["action": "deny", "match": ["keyPrefix": "cron:"]]]], "agent:main:cron:j", [:], false),
        (
            ["rules": [["action": "deny", "match": ["keyPrefix": " Agent:Main:Cron:"]]]], "agent:main:cron:j", [:],
            false
        ),
        (["rules": [["action": "deny", "match": ["keyPrefix": "cron:"]]]], "agent:main:hook:cron:", [:], true),
        // The channel as the entry says, else as the key does.
        (["rules": [["action": "deny", "match": ["channel": "IRC"]]]], "agent:main:irc:dm:bob", [:], false),
        (
            ["rules": [["action": "deny", "match": ["channel": "irc"]]]], "agent:main:main", ["lastChannel": "irc"],
            false
        ),
        (
            ["rules": [["action": "deny", "match": ["channel": "irc"]]]], "agent:main:irc:group:x",
            ["channel": "xmpp"], true
        ),
        // The kind of conversation; one that nobody knows fits no rule about it.
        (["rules": [["action": "deny", "match": ["chatType": "group"]]]], "agent:main:irc:group:x", [:], false),
        (["rules": [["action": "deny", "match": ["chatType": "group"]]]], "agent:main:irc:channel:x", [:], true),
        (["rules": [["action": "deny", "match": ["chatType": "direct"]]]], "agent:main:dm:bob", [:], false),
        (["rules": [["action": "deny", "match": ["chatType": "direct"]]]], "agent:main:main", [:], true),
        (
            ["rules": [["action": "deny", "match": ["chatType": "direct"]]]], "agent:main:main",
            ["chatType": "direct"], false
        ),
        // All of a rule must fit.
        (
            ["rules": [["action": "deny", "match": ["channel": "irc", "chatType": "group"]]]], "agent:main:irc:dm:bob",
            [:], true
        ),
        // What is allowed by name is allowed whatever counts for the others, and what is denied is denied.
        (
            ["default": "deny", "rules": [["action": "allow", "match": ["keyPrefix": "main"]]]], "agent:main:main", [:],
            true
        ),
        (
            ["rules": [["action": "allow", "match": ["channel": "irc"]], ["action": "deny"]]], "agent:main:irc:dm:bob",
            [:], false
        ),
    ] as [(JSON, String, JSONObject, Bool)])
func `a rule fits by channel, kind and key, and one that denies comes first`(
    policy: JSON, key: String, fields: JSONObject, isAllowed: Bool
) throws {
    let key = try #require(SessionKey(stored: key))
    let entry = SessionEntry(key: key, sessionID: "s", updatedAt: 0, fields: fields)
    #expect(try rules(policy).allow(entry) == isAllowed)
}
