import Foundation
import JSON
import Testing

/// The built gateway where the kernel gives it no more: calls are made to fail by strace(1).
@Suite(.serialized) struct ScarcityTests {
    private let command: BuiltCommand
    private let port: UInt16

    init() async throws {
        (command, port) = try await BuiltCommand.withEcho()
    }

    /// A wrapper under which `call` answers `error`: each from the `first` on, `count` of them or all.
    private func failing(_ call: String, _ error: String, from first: Int, count: Int? = nil) -> [String] {
        let when = count.map { "\(first)..\(first + $0 - 1)" } ?? "\(first)+"
        return [
            "/usr/bin/strace", "-f", "-qq", "-D", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "signal=none",
            "-e", "inject=\(call):error=\(error):when=\(when)",
        ]
    }

    /// Calls of a start, and which of them is the first that fails, of each thread: what is tried out before anything is
    /// set up, and what Dispatch and NIO trap on.
    private static let starts: [(call: String, error: String, first: [Int])] = [
        ("epoll_ctl", "ENOSPC", [1, 2, 6, 28]), ("epoll_ctl", "ENOMEM", [1, 7]), ("epoll_create1", "EMFILE", [1, 2]),
        ("eventfd2", "ENFILE", [1, 2, 20]), ("timerfd_create", "ENOMEM", [1]), ("socket", "EMFILE", [1]),
    ]

    @Test(arguments: starts)
    func `a start for which the kernel has no more ends by itself, with a sentence`(
        fault: (call: String, error: String, first: [Int])
    ) async throws {
        for first in fault.first {
            let process = try ChildProcess(
                "/usr/bin/env",
                ["/usr/bin/timeout", "--preserve-status", "-s", "TERM", "20"]
                    + failing(fault.call, fault.error, from: first)
                    + [command.executable.path, "--profile", command.profile, "gateway"],
                environment: [
                    "HOME": command.home, "XDG_CONFIG_HOME": "\(command.home)/config",
                    "XDG_STATE_HOME": "\(command.home)/state", "PATH": "/usr/bin:/bin",
                ])
            var said = ""
            while !said.contains("listening on") {
                let more = await process.output.next()
                if more.isEmpty { break }
                said += String(decoding: more, as: UTF8.self)
            }
            // A later call than a thread makes changes nothing.
            let isUp = said.contains("listening on")
            if isUp { kill(process.processIdentifier, SIGTERM) }
            let errors = String(decoding: await process.errors.rest(), as: UTF8.self)
            let code = await process.end()
            #expect(code == (isUp ? 0 : 125), "\(fault) from \(first): \(code) \(errors)")
            if !isUp { #expect(errors.contains("the kernel g"), "\(fault) from \(first): \(errors)") }
        }
    }

    @Test(arguments: [("accept4", "EMFILE"), ("accept4", "ENFILE"), ("accept4", "ENOMEM"), ("accept4", "ENOBUFS")])
    func `who cannot be accepted now is accepted later, and who is in stays`(call: String, error: String)
        async throws
    {
        // The first is let in, and then none until twenty tries have failed.
        let end = try await command.gateway(
            "--profile", command.profile, "gateway", wrapper: failing(call, error, from: 2, count: 20)
        ) { _ in
            let client = try await WebSocketClient(port: port)
            try await client.enter(ConnectRequest())
            async let later = HTTPAnswer.get(port, "/health")
            for _ in 0..<5 { try await #expect(client.call("health")?["ok"] == true) }
            try await #expect(later.json?["ok"] == true)
            try await #expect(client.call("health")?["ok"] == true)
        }
        #expect(end.code == 0, "\(end.errors)")
        #expect(
            end.errors.split(separator: "\n").count { $0.contains("the kernel gives no more") } == 1, "\(end.errors)")
    }

    @Test(arguments: ["ENOSPC", "ENOMEM"])
    func `who cannot be watched is turned away, and who is in stays`(error: String) async throws {
        let end = try await command.gateway("--profile", command.profile, "gateway") { gateway in
            let client = try await WebSocketClient(port: port)
            try await client.enter(ConnectRequest())
            let strace = try ChildProcess(
                "/usr/bin/strace",
                [
                    "-f", "-o", "/dev/null", "-e", "trace=epoll_ctl", "-e", "signal=none", "-e",
                    "inject=epoll_ctl:error=\(error)", "-p", "\(gateway.processIdentifier)",
                ], environment: [:])
            var said = ""
            // It tells of each thread that it watches; the process's first thread is the last it needs.
            while !said.contains("attached") {
                let more = await strace.errors.next()
                try #require(!more.isEmpty, "\(said)")
                said += String(decoding: more, as: UTF8.self)
            }
            let stranger = try Wire(port: port)
            try await #expect(stranger.readToEnd() == [])
            // No change of what is watched for it: the frame comes and goes.
            try await #expect(client.call("health")?["ok"] == true)
            kill(strace.processIdentifier, SIGINT)
            _ = await strace.end()
            try await #expect(HTTPAnswer.get(port, "/health").json?["ok"] == true)
            try await #expect(client.call("health")?["ok"] == true)
        }
        #expect(end.code == 0, "\(end.errors)")
        #expect(
            end.errors.split(separator: "\n").count { $0.contains("the kernel gives no more") } == 1, "\(end.errors)")
    }
}
