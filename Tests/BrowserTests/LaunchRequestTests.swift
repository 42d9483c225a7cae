import Browser
import DevTools
import Foundation
import JSON
import NIOPosix
import Synchronization
import Testing

/// What is asked of who gives a browser a sandbox of its own, against what the shipped policy lets be asked.
@Suite struct LaunchRequestTests {
    /// Starts nothing, and keeps what it was asked.
    private final class Recorder: BrowserLauncher {
        let asked = Mutex<[BrowserProgram]>([])

        func start(_ program: BrowserProgram) async throws(DevToolsError) -> LaunchedBrowser {
            asked.withLock { $0.append(program) }
            throw .notStarted(program.executable, reason: "nothing is started here")
        }
    }

    /// The kind `browser` of the default policy.
    private static func kind() throws -> JSON {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "policies/gateway.json")
        let policy = try JSON(parsing: Array(Data(contentsOf: file)))
        return try #require(policy["siblings"]?["browser"])
    }

    private static func ask(_ change: (inout BrowserSettings) -> Void) async throws -> [BrowserProgram] {
        try await TestBrowser.withState { state in
            var settings = BrowserSettings(stateDirectory: state, controlPort: 18791, environment: [:])
            change(&settings)
            let recorder = Recorder()
            let service = BrowserService(settings, on: .singletonMultiThreadedEventLoopGroup, by: recorder)
            let answer = await service.answer(BrowserRequest(method: "POST", path: "/start", query: [:], body: nil))
            #expect(answer.status != 200 || settings.hasNoSandbox)
            await service.shutDown()
            return recorder.asked.withLock { $0 }
        }
    }

    @Test(.enabled(if: TestBrowser.isInstalled, "needs a Chromium"), arguments: [true, false])
    func `the default policy lists the program and every argument`(isHeadless: Bool) async throws {
        let kind = try Self.kind()
        let listed = (kind["arguments"]?.array ?? []).compactMap(\.string)
        let asked = try await Self.ask { $0.isHeadless = isHeadless }
        let program = try #require(asked.first)
        #expect(kind["executables"]?.array?.contains(.string(program.executable)) == true)
        for argument in ["--remote-debugging-pipe"] + program.arguments {
            #expect(
                listed.contains { $0.hasSuffix("*") ? argument.hasPrefix($0.dropLast()) : argument == $0 },
                "\(argument)")
        }
        #expect(kind["directory"] == "browser")
        #expect(program.arguments.contains { $0.hasPrefix("--user-data-dir=") && $0.contains("/browser/") })
    }

    @Test(.enabled(if: TestBrowser.isInstalled, "needs a Chromium"))
    func `one with a port is not asked for`() async throws {
        // It cannot listen there; started by this process itself it is another matter, and ends in one way or the other.
        #expect(
            try await Self.ask { settings in
                settings.executable = "/usr/bin/false"
                settings.profiles["clawd"] = BrowserSettings.Profile(port: 18800)
            }.isEmpty)
        #expect(
            try await Self.ask { settings in
                settings.executable = "/usr/bin/false"
                settings.hasNoSandbox = true
            }.isEmpty)
    }
}
