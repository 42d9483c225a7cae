import Foundation
import JSON
import Testing

/// The built gateway where it cannot keep what it is told. It never goes on without, and never starts from nothing.
struct StorageFaultTests {
    private let command: BuiltCommand
    private let port: UInt16
    private var state: String { "\(command.home)/.mazelclaw-\(command.profile)" }

    init() async throws {
        (command, port) = try await BuiltCommand.withEcho()
    }

    /// A wrapper that has `script`, to which the state directory is `$0`, done in a mount namespace of its own.
    private func mounting(_ script: String) -> [String] {
        ["/usr/bin/unshare", "-Urm", "/bin/sh", "-c", "\(script) && exec \"$@\"", state]
    }

    private func gateway(
        wrapper: [String] = [], _ body: (WebSocketClient, ChildProcess) async throws -> Void
    ) async throws {
        let end = try await command.gateway("--profile", command.profile, "gateway", wrapper: wrapper) { process in
            let client = try await WebSocketClient(port: port)
            try await client.enter(ConnectRequest())
            try await body(client, process)
        }
        #expect(end.code == 0, "\(end.errors)")
    }

    /// Says `text` in the main session. Returns the gateway's answer.
    private func say(_ text: String, _ client: WebSocketClient) async throws -> JSON? {
        try await client.call(
            "chat.send",
            ["sessionKey": "main", "message": .string(text), "idempotencyKey": .string(UUID().uuidString)])
    }

    private func kept(_ client: WebSocketClient) async throws -> [String] {
        let history = try await client.call("chat.history", ["sessionKey": "main", "limit": 1000])
        return (history?["payload"]?["messages"]?.array ?? []).filter { $0["role"] == "user" }
            .compactMap { $0["content"]?.array?.first?["text"]?.string ?? $0["content"]?.string }
    }

    @Test func `on a full disk a message is refused, what was acknowledged stays, and with space it goes on`()
        async throws
    {
        // The state directory as it is, on a small disk, most of which is taken.
        let wrapper = mounting(
            "cp -a \"$0\" \"$0.kept\" && mount -t tmpfs -o size=6m,mode=700 tmpfs \"$0\" && cp -a \"$0.kept/.\" \"$0\""
        )
        try await gateway(wrapper: wrapper) { client, process in
            // Seen by way of the gateway, in whose namespace the disk is.
            let disk = "/proc/\(process.processIdentifier)/root\(state)"
            let ballast = "\(disk)/ballast"
            try #require(FileManager.default.createFile(atPath: ballast, contents: Data(count: 2 << 20)))
            var acknowledged: [String] = []
            var refusal: JSON?
            for number in 1...200 where refusal == nil {
                let text = "\(number) \(String(repeating: "x", count: 100_000))"
                let answer = try await say(text, client)
                if answer?["ok"] == true { acknowledged.append(text) } else { refusal = answer?["error"] }
            }
            #expect(acknowledged.count > 3)
            #expect(refusal?["code"] == "UNAVAILABLE")
            let message = try #require(refusal?["message"]?.string)
            #expect(message.contains("the disk is full") && message.contains("\(state)/mazelclaw.sqlite"), "\(message)")
            var kept = try await kept(client)
            #expect(kept == acknowledged)
            // A change of the configuration is refused as well, and the file as it was.
            let configuration = try String(contentsOfFile: "\(disk)/mazelclaw.json", encoding: .utf8)
            let shown = try await client.call("config.get", [:])
            let change = try await client.call(
                "config.set",
                [
                    "raw": .string(configuration + String(repeating: " ", count: 300_000)),
                    "baseHash": shown?["payload"]?["hash"] ?? .null,
                ])
            #expect(change?["ok"] == false)
            #expect(
                change?["error"]?["message"]?.string?.contains("No space left on device") == true, "\(change ?? .null)")
            #expect(try String(contentsOfFile: "\(disk)/mazelclaw.json", encoding: .utf8) == configuration)
            try await #expect(HTTPAnswer.get(port, "/health").status == 200)

            try FileManager.default.removeItem(atPath: ballast)
            let after = try await say("after", client)
            #expect(after?["ok"] == true, "\(after ?? .null)")
            kept = try await self.kept(client)
            #expect(kept == acknowledged + ["after"])
            #expect(try String(contentsOfFile: "\(disk)/mazelclaw.json", encoding: .utf8) == configuration)
        }
    }

    @Test func `a state directory that cannot be written ends the start, and is left as it is`() async throws {
        try await gateway { client, _ in
            let answer = try await say("kept", client)
            #expect(answer?["ok"] == true)
        }
        let files = try contents()
        let end = try await command.run(
            ["--profile", command.profile, "gateway"],
            wrapper: mounting("mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\""))
        #expect(end.code != 0)
        #expect(end.errors.contains(state) && end.errors.contains("Read-only file system"), "\(end.errors)")
        #expect(try contents() == files)
        // With leave to write it is all there.
        try await gateway { client, _ in
            let kept = try await kept(client)
            #expect(kept == ["kept"])
        }
    }

    @Test(arguments: ["no database at all", ""])
    func `a damaged database ends the start, and is left as it is`(damage: String) async throws {
        try await gateway { client, _ in
            let answer = try await say("kept", client)
            #expect(answer?["ok"] == true)
        }
        let database = "\(state)/mazelclaw.sqlite"
        let whole = try Data(contentsOf: URL(filePath: database))
        try Data(damage.utf8).write(to: URL(filePath: database))
        for _ in 1...2 {
            let end = try await command.run("--profile", command.profile, "gateway")
            #expect(end.code != 0)
            #expect(end.errors.contains(database) && end.errors.contains("backup"), "\(end.errors)")
            #expect(end.errors.split(separator: "\n").count { $0.contains("cannot open") } == 1, "\(end.errors)")
            #expect(try Data(contentsOf: URL(filePath: database)) == Data(damage.utf8))
        }
        try whole.write(to: URL(filePath: database))
        try await gateway { client, _ in
            let kept = try await kept(client)
            #expect(kept == ["kept"])
        }
    }

    /// What the files in the state directory hold, by name.
    private func contents() throws -> [String: Data] {
        let files = try FileManager.default.contentsOfDirectory(
            at: URL(filePath: state), includingPropertiesForKeys: [.isRegularFileKey])
        return try files.reduce(into: [:]) { contents, file in
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { return }
            contents[file.lastPathComponent] = try Data(contentsOf: file)
        }
    }
}
