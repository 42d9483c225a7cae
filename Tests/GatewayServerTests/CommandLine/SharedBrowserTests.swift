import Foundation
import JSON
import Testing

/// Two profiles of one user whose configurations mean one browser.
@Suite struct SharedBrowserTests {
    /// What the first and the second say of browsers, and how the address of the one that both mean is shown; nil where it is
    /// not one.
    static let pairs: [(first: String, second: String, shown: String?)] = [
        (#"{"cdpUrl": "http://127.0.0.1:9222"}"#, #"{"cdpUrl": "http://127.0.0.1:9222"}"#, "http://127.0.0.1:9222/"),
        (
            #"{"cdpUrl": "http://localhost:9222"}"#,
            ##"{"profiles": {"work": {"cdpUrl": "ws://[::1]:9222/devtools/browser/7", "color": "#00FF00"}}}"##,
            "http://localhost:9222/"
        ),
        (
            #"{"cdpUrl": "wss://me:very-secret@far.example/x?token=hidden-one"}"#,
            #"{"cdpUrl": "wss://me:very-secret@FAR.example:443/x?token=hidden-one"}"#, "wss://far.example:443/x"
        ),
        (
            ##"{"profiles": {"a": {"cdpPort": 19333, "color": "#00FF00"}}}"##,
            ##"{"profiles": {"b": {"cdpPort": 19333, "color": "#00FF00"}}}"##, "http://127.0.0.1:19333/"
        ),
        (
            ##"{"profiles": {"a": {"cdpPort": 19333, "color": "#00FF00"}}}"##,
            #"{"cdpUrl": "http://127.0.0.1:19333"}"#, "http://127.0.0.1:19333/"
        ),
        (#"{"cdpUrl": "http://127.0.0.1:9222"}"#, #"{"cdpUrl": "http://127.0.0.1:9223"}"#, nil),
        (#"{"cdpUrl": "http://127.0.0.1:9222"}"#, #"{"cdpUrl": "http://far.example:9222"}"#, nil),
        (
            #"{"cdpUrl": "wss://far.example/?token=very-secret"}"#,
            #"{"cdpUrl": "wss://far.example/?token=hidden-one"}"#,
            nil
        ),
        (#"{"cdpUrl": "http://127.0.0.1:9222"}"#, #"{"enabled": false, "cdpUrl": "http://127.0.0.1:9222"}"#, nil),
        (#"{"cdpUrl": "http://127.0.0.1:9222"}"#, #"{"cdpUrl": "no address"}"#, nil),
        (#"{"cdpUrl": "http://127.0.0.1:9222"}"#, #"{"cdpUrl": 7}"#, nil),
    ]

    @Test(arguments: pairs)
    func `a browser that another profile drives too is named with both owners`(
        pair: (first: String, second: String, shown: String?)
    ) async throws {
        let command = try BuiltCommand()
        let ports = try [Port.free(), Port.free()].sorted()
        for (name, (port, browser)) in zip(
            [command.profile, command.other], [(ports[0], pair.first), (ports[1] + 128, pair.second)])
        {
            let setup = try await command.run("--profile", name, "setup", "--port", "\(port)")
            try #require(setup.code == 0, "\(setup.errors)")
            #expect(!setup.errors.contains("drive one browser"))
            let text = try command.read(".mazelclaw-\(name)/mazelclaw.json")
            try command.write(
                text.replacing("\"gateway\": {", with: "\"browser\": \(browser),\n  \"gateway\": {"),
                to: ".mazelclaw-\(name)/mazelclaw.json")
        }
        for words in [["doctor"], ["setup"]] {
            let result = try await command.run(["--profile", command.profile] + words)
            #expect(result.code == 0, "\(result.output)\(result.errors)")
            let text = words == ["doctor"] ? result.output : result.errors
            #expect(text.contains("drive one browser") == (pair.shown != nil), "\(words): \(text)")
            #expect(!(result.output + result.errors).contains("very-secret"))
            #expect(!(result.output + result.errors).contains("hidden-one"))
            guard let shown = pair.shown else { continue }
            let line = try #require(text.split(separator: "\n").first { $0.contains("drive one browser") })
            #expect(line.contains("of profile \"\(command.profile)\" and"), "\(line)")
            #expect(line.contains("of profile \"\(command.other)\" drive one browser, at \(shown):"), "\(line)")
        }
    }

    @Test func `in networks of their own two profiles drive two browsers at one address`() async throws {
        let command = try BuiltCommand()
        let ports = try [Port.free(), Port.free()].sorted()
        for (name, port) in zip([command.profile, command.other], [ports[0], ports[1] + 128]) {
            let setup = try await command.run("--profile", name, "setup", "--port", "\(port)")
            try #require(setup.code == 0, "\(setup.errors)")
            let text = try command.read(".mazelclaw-\(name)/mazelclaw.json")
            let browser = #"{"cdpUrl": "http://127.0.0.1:9222"}"#
            try command.write(
                text.replacing("\"gateway\": {", with: "\"browser\": \(browser),\n  \"gateway\": {"),
                to: ".mazelclaw-\(name)/mazelclaw.json")
        }
        #expect(try await command.run("--profile", command.profile, "doctor").output.contains("drive one browser"))
        let file = "config/mazelclaw/profiles/\(command.other).json"
        let text = try command.read(file)
        try command.write(text.replacing("{", with: "{\"network\": \"private\", ", maxReplacements: 1), to: file)
        let result = try await command.run("--profile", command.profile, "doctor")
        #expect(result.code == 0 && !result.output.contains("drive one browser"), "\(result.output)\(result.errors)")
    }
}
