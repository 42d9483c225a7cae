import Browser
import Configuration
import Gateway
import GatewayServer
import Glibc
import JSON
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Browser control of a gateway that runs: by its protocol, and over HTTP at the base port + 2.
final class InstanceBrowser: BrowserControl, Service {
    private struct State {
        var service: BrowserService
        var server: ControlServer?
    }

    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private let profiles: ConfiguredProfiles
    /// The launcher that this gateway runs under, where it starts browsers.
    private let launcher = SiblingSocket.inherited.map { SiblingLauncher(socket: $0) }
    private let state: Mutex<State>
    /// The gateway that decides who is let in, once there is one.
    private let access = ControlAccessOfGateway()

    init(_ configuration: GatewayConfiguration, logger: Logger) {
        group = TrapGuard.during { MultiThreadedEventLoopGroup(numberOfThreads: 1) }
        self.logger = logger
        profiles = ConfiguredProfiles(instance: configuration.instance)
        state = Mutex(
            State(
                service: BrowserService(
                    BrowserSettings(configuration, logger: logger), on: group, by: launcher, store: profiles)))
    }

    func answer(
        method: String, path: String, query: [String: String], body: JSON?
    ) async -> (status: Int, body: JSON) {
        let service = state.withLock { $0.service }
        let answer = await service.answer(
            BrowserRequest(method: method, path: path, query: query, body: body))
        return (answer.status, answer.body)
    }

    /// What `configuration` says of browsers counts from now on. Those end that run otherwise than it says: all of them, or
    /// where only the browser profiles are others, those of profiles that are gone or elsewhere.
    func adopt(_ configuration: GatewayConfiguration) {
        let settings = BrowserSettings(configuration, logger: logger)
        state.withLock { state in
            guard settings != state.service.settings, !state.service.adopt(settings) else { return }
            state.service = BrowserService(
                settings, on: group, by: launcher, store: profiles, after: state.service)
        }
    }

    /// Lets those in over HTTP whom `gateway` does.
    func serve(_ gateway: Gateway) {
        access.gateway.withLock { $0 = gateway }
    }

    /// Serves until it is asked to stop. Where the port cannot be had that is logged, and the protocol serves alone.
    func run() async throws {
        let settings = state.withLock { $0.service.settings }
        if settings.isEnabled {
            do {
                let server = try await ControlServer.start(
                    port: Int(settings.controlPort), access, on: group
                ) { [self] request in await state.withLock { $0.service }.answer(request) }
                state.withLock { $0.server = server }
            } catch {
                let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
                logger.error(
                    "browser control cannot listen; the gateway's protocol serves it alone",
                    metadata: ["port": "\(settings.controlPort)", "error": "\(reason)"])
            }
        }
        // Throws only when the task is cancelled, which asks for the same.
        try? await gracefulShutdown()
        let (service, server) = state.withLock { ($0.service, $0.server) }
        await server?.stop()
        await service.shutDown()
        // They hold on to each other.
        access.gateway.withLock { $0 = nil }
        try await group.shutdownGracefully()
    }
}
