import Configuration
import Gateway
import GatewayServer
import Glibc
import Linux
import Logging
import Policy
import ServiceLifecycle
import Storage
import Synchronization
import SystemPackage
import UnixSignals

/// One process of a gateway: serves until it is told to stop, and starts anew in the same process, with the same lock
/// and the same sockets, when the gateway asks for that.
///
/// SIGTERM, SIGINT and SIGHUP end it. A SIGHUP that was ignored when the process started stays ignored (nohup(1)).
/// SIGUSR1 asks for a new start.
final class GatewayLife: Sendable {
    private struct State {
        var gateway: Gateway?
        var isEnding = false
    }

    private let port: UInt16
    /// Kept open for the whole life; each start gets copies.
    private let sockets: ServerSockets
    private let observer: ServerObserver
    private let logger: Logger
    private let state = Mutex(State())

    /// A life on `port`, in the service that `manager` tells of. `note` is told of its first start alone.
    init(_ manager: ServiceManager, port: UInt16, note: String?, logger: Logger) throws {
        self.port = port
        self.logger = logger
        sockets = manager.sockets(port: port)
        observer = try ServerObserver(manager, note: note)
    }

    /// Serves with `configuration` until the end. For a new start `reload` is asked what counts then.
    func run(_ configuration: GatewayConfiguration, reload: () throws -> GatewayConfiguration) async throws {
        var trapped: [UnixSignal] = [.sigterm, .sigint, .sigusr1]
        if !Self.ignoresHangup { trapped.append(.sighup) }
        try Self.requireEventResources()
        let signals = await TrapGuard.during { [trapped] in await UnixSignalsSequence(trapping: trapped) }
        let heeding = Task {
            for await signal in signals { heed(signal) }
        }
        defer { heeding.cancel() }
        var configuration = configuration
        while true {
            let browser = InstanceBrowser(configuration, logger: logger)
            let gateway = try Gateway(
                configuration: configuration, browser: browser, toolCage: .installed(for: configuration.instance),
                confinement: LauncherSandbox(configuration.instance), logger: logger)
            browser.serve(gateway)
            enter(gateway)
            try await serve(gateway, browser)
            try gateway.database.close()
            guard gateway.restarts.hasBegun, !state.withLock({ $0.isEnding }) else { return }
            do {
                configuration = try reload()
            } catch {
                // It was found good when the restart was asked for. What made it bad since must not end a gateway.
                gateway.logger.warning(
                    "the configuration cannot be used; starting with the last one", metadata: ["error": "\(error)"])
                configuration = gateway.configuration
            }
        }
    }

    /// Found out before anything is set up that would end in a trap. Throws `ServerError.scarcity`.
    private static func requireEventResources() throws(ServerError) {
        do throws(Errno) {
            try EventResources.check(count: GatewayServer.watchCount)
        } catch {
            throw .scarcity(errno: error.rawValue)
        }
    }

    private func serve(_ gateway: Gateway, _ browser: InstanceBrowser) async throws {
        let server = GatewayServer(
            gateway: gateway, port: port, logger: gateway.logger, sockets: sockets.duplicated(), observer: observer)
        let watch = ConfigurationWatch(gateway)
        let services: [any Service] = [
            browser, server, Watcher { await watch.run() }, Watcher { await gateway.restarts.wait() },
        ]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: logger))
        try await group.run()
    }

    /// `gateway` is the one that signals are about from now on.
    private func enter(_ gateway: Gateway) {
        let isEnding = state.withLock { state in
            state.gateway = gateway
            return state.isEnding
        }
        if isEnding { gateway.restarts.finish() }
    }

    private func heed(_ signal: UnixSignal) {
        if signal == .sigusr1 {
            state.withLock { $0.gateway }?.requestRestartFromOutside()
            return
        }
        let gateway = state.withLock { state in
            state.isEnding = true
            return state.gateway
        }
        gateway?.restarts.finish()
    }

    private static var ignoresHangup: Bool {
        var action = sigaction()
        return sigaction(SIGHUP, nil, &action) == 0
            && unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
                == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

/// Work beside the server that ends with it.
private struct Watcher: Service {
    let body: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown { await body() }
    }
}
