import JSON
import Testing

@testable import Configuration
@testable import Gateway

/// The description against the key tree of the original gateway: every key there is known here, with the same type and
/// bounds, and what differs is written down.
@Suite struct KeyTreeTests {
    /// A line of the tree.
    private struct Line: Hashable {
        var path: String
        var type: String
    }

    private static func lines(_ texts: [String]) -> [Line] {
        texts.map { text in
            let parts = text.split(separator: ":", maxSplits: 1)
            return Line(path: String(parts[0]), type: String(parts[1].dropFirst()))
        }
    }

    /// Keys that say something else here, on purpose.
    private static let different = [
        // A port is a port.
        "gateway.port": "integer {minimum=1, maximum=65535}",
        // What is no address would trust nobody, and say nothing.
        "gateway.trustedProxies": "array<string {pattern=\"^[0-9a-fA-F:.]+$\"}>",
        // Its services are named, so that a misspelt one is seen.
        "channels": "object",
        // Times are checked when they are written, not when they come due.
        "agents.defaults.heartbeat.every": durationType, "agents.list[].heartbeat.every": durationType,
        "agents.defaults.heartbeat.activeHours.start": timeType, "agents.defaults.heartbeat.activeHours.end": timeType,
        "agents.list[].heartbeat.activeHours.start": timeType, "agents.list[].heartbeat.activeHours.end": timeType,
    ]
    /// Keys whose value is a length of time. What is longer than a day, or in a schedule than ten years, is told, and keeps no
    /// gateway from starting.
    private static let limited: [(path: String, type: String)] =
        [
            ("agents.defaults.timeoutSeconds", "integer {exclusiveMinimum=0, maximum=86400}"),
            ("hooks.mappings[].timeoutSeconds", "integer {exclusiveMinimum=0, maximum=86400}"),
            ("tools.exec.timeoutSec", "integer {exclusiveMinimum=0, maximum=86400}"),
            ("gateway.reload.debounceMs", "integer {minimum=0, maximum=86400000}"),
            ("browser.remoteCdpTimeoutMs", "integer {minimum=0, maximum=86400000}"),
            ("browser.remoteCdpHandshakeTimeoutMs", "integer {minimum=0, maximum=86400000}"),
        ]
        + ["", ".reset", ".resetByType.dm", ".resetByType.group", ".resetByType.thread", ".resetByChannel.<*>"].map {
            ("session\($0).idleMinutes", "integer {exclusiveMinimum=0, maximum=5270400}")
        }
    private static let timeType = "string {pattern=\"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$\"}"
    private static let durationType = "string {pattern=\"^[0-9]+([.][0-9]+)?(ms|s|m|h|d)?$\"}"

    /// Keys that only exist here, on purpose, and everything below them.
    private static let additional = [
        "gateway.customBindHost", "gateway.controlUi.root", "channels.",
        "agents.defaults.compaction.reserveTokens", "agents.defaults.compaction.keepRecentTokens",
        "agents.defaults.loopGuard",
        // Whether a cage has a network.
        "tools.exec.network",
        // Of later versions of the original.
        "secrets", "models.providers.<*>.apiKey.",
    ]

    /// Keys of the original's plugins. What a plugin takes is for the plugin to check: here it may be anything.
    private static func isOfPlugin(_ path: String) -> Bool {
        path.hasPrefix("plugins.entries.") && !path.hasPrefix("plugins.entries.<*>")
    }

    @Test func `every key of the original is known, with its type and bounds`() throws {
        let ours = Dictionary(grouping: ConfigurationSchema.root.listing, by: \.path).mapValues { $0.map(\.type) }
        let theirs = Self.lines(try Vectors.lines("config-keys"))
        #expect(theirs.count > 1300)
        for line in theirs where !Self.isOfPlugin(line.path) {
            // Only there, with every default written into the file, are these required.
            var path = line.path
            if path.hasPrefix("commands!") { path = path.replacing("!", with: "") }
            let limited = Self.limited.first { $0.path == path }?.type
            let expected = limited ?? Self.different[path] ?? line.type.replacing(" (OPEN)", with: "")
            #expect(ours[path]?.contains(expected) == true, "\(path): \(expected), here \(ours[path] ?? [])")
        }
    }

    @Test func `plugins may take anything`() throws {
        for line in Self.lines(try Vectors.lines("config-keys")) where Self.isOfPlugin(line.path) {
            let path = try ConfigurationPath(line.path.replacing("!", with: ""))
            #expect(ConfigurationSchema.root.descendant(path.segments.map { .name($0) }) != nil, "\(line.path)")
        }
    }

    @Test func `every key here is one of the original, or new on purpose`() throws {
        let theirs = Set(Self.lines(try Vectors.lines("config-keys")).map { $0.path.replacing("!", with: "") })
        for key in ConfigurationSchema.root.listing {
            let path = key.path.replacing("!", with: "")
            #expect(theirs.contains(path) || Self.additional.contains { path.hasPrefix($0) }, "\(path)")
        }
    }

    @Test func `every key a section takes says what it means`() {
        for key in ConfigurationSchema.root.listing where key.schema.isServed && !key.schema.help.isEmpty {
            #expect(key.schema.help.hasSuffix("."), "\(key.path)")
        }
        let sections = ConfigurationSchema.root.listing.filter { !$0.path.contains(".") && !$0.path.contains("[") }
        #expect(sections.count == 32)
        for key in sections { #expect(!key.schema.help.isEmpty, "\(key.path)") }
    }

    @Test func `secrets are known as such`() {
        let secrets = Set(ConfigurationSchema.root.listing.filter(\.schema.isSecret).map(\.path))
        for path in [
            "gateway.auth.token", "gateway.auth.password", "gateway.remote.token", "hooks.token", "talk.apiKey",
            "models.providers.<*>.apiKey", "tools.web.search.apiKey",
        ] {
            #expect(secrets.contains(path), "\(path)")
        }
        // A key with such a name that is no secret is named here.
        let plain: Set = ["agents.defaults.contextTokens", "agents.defaults.memorySearch.chunking.tokens"]
        for key in ConfigurationSchema.root.listing where !plain.contains(key.path) {
            let name = key.path.split(separator: ".").last.map { $0.lowercased() } ?? ""
            guard ["apikey", "token", "password", "secret", "pushtoken"].contains(name) else { continue }
            #expect(key.schema.isSecret, "\(key.path)")
        }
    }
}
