import Foundation
import GatewayServer
import JSON
import Logging
import Policy
import ServiceLifecycle
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

/// An instance in a directory of its own, which a test may start and stop.
final class TestInstance: Sendable {
    let directory: AbsolutePath
    let port: UInt16
    let configuration: GatewayConfiguration
    static let token = "the-shared-token"

    init(name: String = "test", configuration text: String? = nil) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("server-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        directory = try #require(AbsolutePath(url.path))
        port = try Port.free()
        let instance = try Instance(
            selection: InstanceSelection(argument: ProfileName(name), environment: [:]), profile: nil,
            home: directory, workingDirectory: directory)
        let state = instance.stateDirectory.value
        try FileManager.default.createDirectory(atPath: state.text, withIntermediateDirectories: true)
        let written = text ?? #"{"gateway": {"mode": "local", "auth": {"token": "\#(Self.token)"}}}"#
        try written.write(toFile: (state / "mazelclaw.json").text, atomically: true, encoding: .utf8)
        _ = try InstanceSetup(instance)
        configuration = try GatewayConfiguration(
            instance: instance, file: ConfigurationFile.load(for: instance),
            arguments: GatewayArguments(port: Int(port)))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory.text)
    }

    var canvas: AbsolutePath { configuration.workspace.value / "canvas" }

    /// A gateway on this instance, without a server.
    func gateway(
        methods: MethodTable? = nil, agents: AgentDirectory? = nil,
        confinement: any Confinement = Unconfined(), clock: WallClock = .system
    ) throws -> Gateway {
        let gateway = try Gateway(
            configuration: configuration, methods: methods, agents: agents, confinement: confinement, clock: clock,
            logger: logger)
        gateway.becomeReady()
        return gateway
    }

    /// Serves on the loopback port while `body` runs, then stops as SIGTERM does.
    func serve(
        limits: ServerLimits = ServerLimits(), _ body: (ServiceGroup) async throws -> Void
    ) async throws {
        try await serve(Gateway(configuration: configuration, logger: logger), limits: limits, body)
    }

    /// Serves `gateway` on the loopback port while `body` runs, then stops as SIGTERM does.
    func serve(
        _ gateway: Gateway, limits: ServerLimits = ServerLimits(), _ body: (ServiceGroup) async throws -> Void
    ) async throws {
        try await Seats.hold {
            let (group, running) = try await start(gateway, limits: limits)
            let result: Result<Void, any Error>
            do { result = .success(try await body(group)) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await running.value
            try result.get()
        }
    }

    /// Starts a server for `gateway`, and waits until it listens. A program that another test starts just now holds
    /// what a server before it listened on, until it is executed.
    private func start(_ gateway: Gateway, limits: ServerLimits) async throws -> (ServiceGroup, Task<Void, any Error>) {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let (listening, continuation) = AsyncStream.makeStream(of: Bool.self)
            let server = GatewayServer(
                gateway: gateway, port: port, limits: limits, logger: logger,
                observer: ServerObserver(listening: { _ in
                    continuation.yield(true)
                    continuation.finish()
                }))
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        ServiceGroupConfiguration.ServiceConfiguration(
                            service: server, successTerminationBehavior: .gracefullyShutdownGroup)
                    ], logger: logger))
            let running = Task {
                defer { continuation.finish() }
                try await group.run()
            }
            for await _ in listening { return (group, running) }
            do {
                try await running.value
                return (group, running)
            } catch ServerError.portInUse where ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    var logger: Logger { Self.quietLogger }

    static var quietLogger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// A request as it is written, answered on a connection of its own.
    func exchange(_ request: String) async throws -> HTTPAnswer {
        try await HTTPAnswer.exchange(port, request)
    }

    /// A request for `path`.
    func get(
        _ path: String, method: String = "GET", host: String = "localhost", headers: [String] = []
    ) async throws -> HTTPAnswer {
        try await HTTPAnswer.get(port, path, method: method, host: host, headers: headers)
    }
}
