import Files
import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway

/// What clients of the original ask of voices and installations, and what they are told.
@Suite struct VoiceTests {
    @Test(arguments: Carrier.allCases)
    func `wake words are kept, also over a restart, and everybody hears of a change`(carrier: Carrier) async throws {
        let instance = try TestInstance()
        try await instance.open(carrier) { door in
            let client = try await door.connected(scopes: ["operator.write"])
            let other = try await door.connected(scopes: ["operator.read"])
            #expect(try await client.call("voicewake.get")?["payload"] == ["triggers": ["mazelclaw", "computer"]])
            let set = try await client.call("voicewake.set", ["triggers": [" hey  ", "", "Wombat"]])
            #expect(set?["payload"] == ["triggers": ["hey", "Wombat"]])
            #expect(try await other.event("voicewake.changed") == ["triggers": ["hey", "Wombat"]])
            let refused = try await other.call("voicewake.set", ["triggers": []])
            #expect(refused?["error"]?["message"] == "missing scope: operator.write")
            let wrong = try await client.call("voicewake.set", ["triggers": "hey"])
            #expect(wrong?["error"]?["message"] == "invalid voicewake.set params: at /triggers: must be array")
        }
        try await instance.open(.direct) { door in
            let client = try await door.connected()
            #expect(try await client.call("voicewake.get")?["payload"] == ["triggers": ["hey", "Wombat"]])
            let many = JSON.array((0..<40).map { .string("\($0)" + String(repeating: "x", count: 100)) })
            let kept = try await client.call("voicewake.set", ["triggers": many])?["payload"]?["triggers"]?.array
            #expect(kept?.count == 32)
            #expect(kept?.last?.string?.count == 64)
            // Without any the standard ones count.
            let none = try await client.call("voicewake.set", ["triggers": [""]])
            #expect(none?["payload"] == ["triggers": ["mazelclaw", "computer"]])
        }
    }

    @Test func `a file of wake words that holds none is told, and is left alone`() async throws {
        let instance = try TestInstance()
        let state = instance.configuration.instance.stateDirectory.value
        let settings = state / "settings"
        _ = try instance.configuration.instance.state.makeDirectory(settings)
        try "[]".write(toFile: (settings / "voicewake.json").text, atomically: true, encoding: .utf8)
        try await instance.open(.direct) { door in
            let client = try await door.connected()
            let error = try await client.call("voicewake.get")?["error"]
            #expect(error?["code"] == "UNAVAILABLE")
            #expect(error?["message"]?.string?.contains("settings/voicewake.json") == true)
        }
    }

    @Test func `that somebody talks is passed on`() async throws {
        try await TestInstance().open(.direct) { door in
            let client = try await door.connected(scopes: ["operator.write"])
            let other = try await door.connected(scopes: ["operator.read"])
            let answer = try await client.call("talk.mode", ["enabled": true, "phase": "listening"])?["payload"]
            #expect(answer?["enabled"] == true)
            #expect(try await other.event("talk.mode") == answer)
            #expect(try await client.call("talk.mode", ["enabled": false])?["payload"]?["phase"] == .null)
        }
    }

    @Test func `speech is said to be off, and what would need it is refused in a sentence`() async throws {
        let instance = try TestInstance(
            configuration: """
                {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}},
                 messages: {tts: {openai: {apiKey: "key-of-a-voice"}}}}
                """)
        try await instance.open(.direct) { door in
            let client = try await door.connected(scopes: ["operator.write"])
            let status = try await client.call("tts.status")?["payload"]
            #expect(status?["enabled"] == false)
            #expect(status?["provider"] == .null)
            #expect(status?["hasOpenAIKey"] == true)
            #expect(status?["hasElevenLabsKey"] == false)
            #expect(status?.text().contains("key-of-a-voice") == false)
            #expect(try await client.call("tts.providers")?["payload"] == ["providers": [], "active": .null])
            #expect(try await client.call("tts.disable")?["payload"] == ["enabled": false])
            for (method, params) in [
                ("tts.enable", [:]), ("tts.convert", ["text": "hello"]), ("tts.setProvider", ["provider": "openai"]),
            ] as [(String, JSON)] {
                let error = try await client.call(method, params)?["error"]
                #expect(error?["code"] == "UNAVAILABLE", "\(method)")
                #expect(error?["message"]?.string?.contains("cannot turn text into speech") == true)
                #expect(error?["details"]?["reason"] == "unsupported")
            }
            #expect(try await client.call("tts.convert")?["error"]?["code"] == "INVALID_REQUEST")
        }
    }

    @Test func `what only the host can do is refused with the command that does it`() async throws {
        try await TestInstance().open(.direct) { door in
            let client = try await door.connected()
            let wizard = try await client.call("wizard.start", ["mode": "local"])?["error"]
            #expect(wizard?["code"] == "UNAVAILABLE")
            #expect(wizard?["details"]?["command"] == "mazelclaw --profile test onboard")
            for method in ["wizard.next", "wizard.cancel", "wizard.status"] {
                let error = try await client.call(method, ["sessionId": "w"])?["error"]
                #expect(error?["code"] == "INVALID_REQUEST")
                #expect(error?["message"] == "wizard not found")
            }
            let update = try await client.call("update.run", [:])?["error"]
            #expect(update?["code"] == "UNAVAILABLE")
            #expect(update?["message"]?.string?.contains("does not update itself") == true)
            #expect(update?["details"]?["command"] == "mazelclaw --profile test gateway restart")
            let reader = try await door.connected(scopes: ["operator.write"])
            #expect(try await reader.call("update.run", [:])?["error"]?["message"] == "missing scope: operator.admin")
        }
    }
}
