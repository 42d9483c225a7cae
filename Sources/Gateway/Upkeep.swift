import GatewayProtocol
import JSON
import Logging
import Storage
import Synchronization
import Time

/// What is done of itself while a gateway runs: clients hear that it lives, and what is not needed any more is forgotten.
final class Upkeep: Sendable {
    private let database: InstanceDatabase
    private let store: ConversationStore
    private let cron: CronService
    private let clients: Clients
    private let shared: SharedState
    private let health: HealthService
    private let tasks: TaskSet
    private let clock: WallClock
    private let logger: Logger
    /// When ended runs were last forgotten.
    private let tidiedAt = Mutex(Timestamp.earliest)

    private static let tidyInterval = TimeSpan(1, .hours)

    init(
        database: InstanceDatabase, store: ConversationStore, cron: CronService, clients: Clients, shared: SharedState,
        health: HealthService, tasks: TaskSet, clock: WallClock, logger: Logger
    ) {
        self.database = database
        self.store = store
        self.cron = cron
        self.clients = clients
        self.shared = shared
        self.health = health
        self.tasks = tasks
        self.clock = clock
        self.logger = logger
    }

    // MARK: At the start

    /// Looks through what is kept, and tells of what cannot be used.
    func begin() {
        tasks.start { [self] in await tellOfRowsSetAside() }
        if database.isNew { logger.notice("made a new database", metadata: ["path": "\(database.path)"]) }
        if database.isCheckDue { tasks.start { [self] in await checkDatabase() } }
    }

    /// Tells of the jobs and sessions that cannot be used. They keep no gateway from starting.
    private func tellOfRowsSetAside() async {
        do {
            let sessions = try await database.read { try $0.sessions.setAside() }
            for fault in cron.setAside + sessions { logger.warning("\(fault)") }
        } catch {
            logger.error("the sessions could not be looked through", metadata: ["error": "\(error)"])
        }
    }

    /// Reads a database too large to be read before the start. One that is damaged takes nothing more.
    private func checkDatabase() async {
        do {
            try await database.check()
        } catch {
            logger.critical("the database is damaged", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Every so often

    /// Tells every client that the gateway lives, and, every so often, how it is. Called every
    /// `ProtocolLimits.tick`.
    func tick() {
        let time = clock.now
        // Not on the event loop that calls this: to tell ten thousand takes a while.
        tasks.start { [self] in
            clients.disconnectExpired(at: time)
            clients.broadcast(.tick, ["ts": time.json], isDroppable: true)
        }
        tidy(at: time)
        guard health.recent == nil else { return }
        tasks.start { [self] in
            do {
                _ = try await health.freshOverview()
            } catch {
                logger.error("the sessions could not be counted", metadata: ["error": "\(error)"])
            }
            let report = health.fresh()
            clients.broadcast(.health, report.json, stateVersion: shared.version, isDroppable: true)
        }
    }

    /// Once an hour, forgets runs nobody will ask for any more.
    private func tidy(at time: Timestamp) {
        let isDue = tidiedAt.withLock { last in
            guard time.since(last) >= Self.tidyInterval else { return false }
            last = time
            return true
        }
        guard isDue else { return }
        tasks.start { [self] in
            do {
                try await store.forgetOldRuns(at: time)
            } catch {
                logger.error("old runs could not be forgotten", metadata: ["error": "\(error)"])
            }
        }
    }
}
