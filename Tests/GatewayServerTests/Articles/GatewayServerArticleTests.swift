import GatewayServer
import Logging
import NIOCore
import ServiceLifecycle
import Storage
import Synchronization
import Testing

@testable import Configuration
@testable import Gateway

/// What the article "Decide how a gateway is served" shows, line by line; ArchitectureTests compares the two.
@Suite struct GatewayServerArticleTests {
    /// What the observer heard.
    private final class Events: Sendable {
        private let all = Mutex<[String]>([])
        var texts: [String] { all.withLock(\.self) }
        func note(_ text: String) { all.withLock { $0.append(text) } }
    }

    @Test func `a server listens where it is told to, and stops with its group`() async throws {
        let instance = try TestInstance()
        let (gateway, port, logger, events) = (try instance.gateway(), instance.port, instance.logger, Events())
        var limits = ServerLimits()
        limits.connections = 200
        limits.idle = .seconds(30)

        let sockets = ServerSockets(addresses: ["127.0.0.1"])

        let observer = ServerObserver(
            listening: { addresses in events.note("listening on \(addresses.joined(separator: ", "))") },
            stopping: { events.note("stopping") })

        let caller = Task { [limits] in
            let server = GatewayServer(
                gateway: gateway, port: port, limits: limits, logger: logger, sockets: sockets, observer: observer)
            let group = ServiceGroup(services: [server], logger: logger)
            try await group.run()
        }
        #expect(try await eventually { !events.texts.isEmpty })
        #expect(events.texts == ["listening on 127.0.0.1:\(port)"])
        #expect(try await HTTPAnswer.get(port, "/health").status == 200)
        caller.cancel()
        _ = await caller.result
        try gateway.database.close()
        #expect(!Port.isListening(port))
    }
}
