import Foundation
import Testing

@testable import Configuration

@Test func `the reference page says what the keys are`() throws {
    let page = URL(filePath: #filePath)
        .appending(path: "../../../../../Sources/Configuration/Configuration.docc/Keys.md").standardized
    let text = ConfigurationReference.markdown(of: .root)
    // Reviewed like code: MAZELCLAW_UPDATE_GOLDEN=1 writes it anew, git diff shows what changed.
    if ProcessInfo.processInfo.environment["MAZELCLAW_UPDATE_GOLDEN"] == "1" {
        try Data(text.utf8).write(to: page)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == text)
}

@Test func `the reference page has every key that is acted on, and no key twice`() {
    let lines = ConfigurationReference.markdown(of: .root).split(separator: "\n")
    let paths = lines.filter { $0.hasPrefix("- `") }.map { $0.dropFirst(3).prefix { $0 != "`" } }
    #expect(Set(paths).count == paths.count)
    for path in ["gateway.port", "agents.defaults.model.primary", "session.dmScope", "cron.enabled", "hooks.token"] {
        #expect(paths.contains { $0 == path }, "\(path)")
    }
    #expect(!paths.contains { $0.hasPrefix("talk.") })
    #expect(lines.contains("- `talk`"))
    // An expression is shown as it is.
    let pattern = ConfigurationSchema.root.listing.first { $0.path == "agents.defaults.heartbeat.every" }?.type
    #expect(lines.contains { $0.hasPrefix("- `agents.defaults.heartbeat.every` (\(pattern ?? "?")") })
}
