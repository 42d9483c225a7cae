public import Gateway
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Serves a gateway over HTTP and WebSocket until it is asked to stop.
///
/// Few event loops: each costs memory, and what they do for a request takes microseconds.
public struct GatewayServer: Service {
    private let gateway: Gateway
    private let port: UInt16
    private let limits: ServerLimits
    private let logger: Logger
    private let sockets: ServerSockets
    private let observer: ServerObserver

    /// A server for `gateway` on `port`.
    public init(
        gateway: Gateway, port: UInt16, limits: ServerLimits = ServerLimits(), logger: Logger,
        sockets: ServerSockets = ServerSockets(), observer: ServerObserver = ServerObserver()
    ) {
        precondition(port != 0, "port 0 would be any port, and a profile has its own")
        self.gateway = gateway
        self.port = port
        self.limits = limits
        self.logger = logger
        self.sockets = sockets
        self.observer = observer
    }

    /// Listens and serves; returns after a graceful shutdown or a cancellation. Throws `ServerError` when the
    /// port cannot be had, and `ConfigurationError` when it cannot speak TLS as it is meant to.
    public func run() async throws {
        let group = TrapGuard.during { MultiThreadedEventLoopGroup(numberOfThreads: Self.loopCount) }
        do {
            try await serve(on: group)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    /// How many event loops a server has.
    private static var loopCount: Int { min(System.coreCount, 4) }

    /// How many descriptors a start should find that can be watched at once: three for each loop, its listeners, what
    /// hears of signals, timers and changes of files, and some connections.
    public static var watchCount: Int { 3 * loopCount + 24 }

    private func serve(on group: any EventLoopGroup) async throws {
        let loop = group.next()
        let encryption = try encryption()
        let connections = OpenConnections(limit: limits.connections, gateway: gateway, logger: logger)
        let scarcity = Scarcity(logger: logger)
        let turns = try await TrapGuard.during { try await TurnsOfLoops(group) }
        let site = Site(gateway: gateway, limits: limits, turns: turns, logger: logger)
        let listeners = try await Listeners.open(sockets, port: port, on: group, logger: logger, scarcity: scarcity) {
            channel in
            let standing = ConnectionStanding()
            guard connections.add(channel, standing) else { return channel.close() }
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(ScarcityHandler(scarcity))
                try encryption?.configure(channel)
                try site.configure(channel, standing)
            }
        }
        gateway.becomeReady()
        observer.listening(listeners.addresses)
        let pulse = observer.pulse.map { pulse in
            // Once all of them have answered: each has connections that no other serves.
            loop.scheduleRepeatedAsyncTask(initialDelay: .zero, delay: pulse.interval) { _ in
                EventLoopFuture.andAllSucceed(group.makeIterator().map { $0.submit {} }, on: loop)
                    .map { pulse.beat() }
            }
        }
        let ticker = loop.scheduleRepeatedTask(initialDelay: limits.tick, delay: limits.tick) { [gateway] _ in
            gateway.tick()
        }
        let memory = MemoryReturn()
        let sweeper = loop.scheduleRepeatedTask(initialDelay: limits.sweep, delay: limits.sweep) { _ in
            NIOThreadPool.singleton.submit { _ in memory.look() }
        }
        // Throws only when the task is cancelled, which asks for the same.
        try? await gracefulShutdown()
        if gateway.restarts.hasBegun { observer.restarting() } else { observer.stopping() }
        logger.notice("stopping", metadata: ["connections": "\(gateway.connectionCount)"])
        ticker.cancel()
        sweeper.cancel()
        await listeners.close()
        gateway.shutDown()
        await connections.drain(within: limits.shutdown, on: loop)
        await gateway.drain()
        // To the last: a loop that hangs while it drains is one that hangs.
        pulse?.cancel()
    }

    /// What the configuration says of TLS; nil when the port speaks none.
    private func encryption() throws -> ServerEncryption? {
        guard let (identity, isNew) = try gateway.loadTLSIdentity() else { return nil }
        if isNew {
            logger.notice("made a certificate", metadata: ["sha256": "\(identity.fingerprint)"])
        }
        return try ServerEncryption(identity)
    }
}
