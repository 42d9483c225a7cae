import Configuration
import Files
import GatewayProtocol
import JSON
import Logging
import Policy
import Storage
import Synchronization
import Time

/// Keeps the scheduled jobs, and does what is due.
///
/// Jobs are kept in the database, and here for reading: a question never waits for the disk. What was missed while no
/// gateway ran is done once, at the start. What a gateway had begun when it was killed is not done again: it may have
/// been done, so it is noted as failed.
final class CronService: Sendable {
    private struct State {
        var jobs: [String: CronJob]
        /// Those that cannot be used, by id.
        var setAside: [String: SetAside]
        var running: Set<String> = []
        var section: CronSection

        /// How many more jobs may be begun now.
        var free: Int {
            section.enabled ? max(0, Int(clamping: section.maxConcurrentRuns) - running.count) : 0
        }
    }

    /// What came of a request to do a job now.
    enum RunAnswer: Sendable, Equatable {
        case ran(CronJob.Status)
        case notDue
        case alreadyRunning
    }

    /// How many jobs there may be.
    static let limit = 1000

    private let database: InstanceDatabase
    private let clock: WallClock
    private let alarm = Alarm()
    private let state: Mutex<State>
    /// Taken for as long as a change takes, so that memory and disk see changes in one order.
    private let changing = Mutex(())

    /// Reads the jobs in `database`; what cannot be used is set aside. Throws `StorageError`.
    init(database: InstanceDatabase, section: CronSection, clock: WallClock) throws(StorageError) {
        self.database = database
        self.clock = clock
        let time = clock.now
        let kept = try database.readNow { try $0.cron.jobs() }
        var jobs: [String: CronJob] = [:]
        for job in kept.usable { jobs[job.id] = job }
        for var job in jobs.values {
            guard let start = job.state.runningAt else { continue }
            var run = CronRun(of: job.id, at: start)
            run.endedAt = max(start, time)
            run.status = .error
            run.error = Self.cutOff
            job.note(run)
            run.nextRunAt = job.state.nextRunAt
            jobs[job.id] = job
            try database.writeNow { [job, run] transaction in
                try transaction.cron.save(job)
                try transaction.cron.record(run)
            }
        }
        let setAside = Dictionary(kept.setAside.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        state = Mutex(State(jobs: jobs, setAside: setAside, section: section))
    }

    private static let cutOff = "the gateway ended before the run did"

    // MARK: Questions

    /// Whether jobs are done at their time; they can be done by hand all the same.
    var isEnabled: Bool { state.withLock { $0.section.enabled } }

    /// All jobs, those due first in front; only those that are ever due unless `includesDisabled`.
    func jobs(includesDisabled: Bool) -> [CronJob] {
        state.withLock { Array($0.jobs.values) }.filter { includesDisabled || $0.isEnabled }.sorted {
            ($0.state.nextRunAt ?? .latest, $0.createdAt, $0.id) < ($1.state.nextRunAt ?? .latest, $1.createdAt, $1.id)
        }
    }

    /// The jobs on disk that cannot be used.
    var setAside: [SetAside] { state.withLock { Array($0.setAside.values) }.sorted { $0.name < $1.name } }

    /// When the next job will be done.
    var nextWakeAt: Timestamp? {
        state.withLock { $0.section.enabled ? $0.jobs.values.compactMap(\.state.nextRunAt).min() : nil }
    }

    /// The last `limit` runs of the job `id`, oldest first.
    func runs(of id: String, limit: Int) async throws -> [JSON] {
        try await database.read { try $0.cron.runs(of: id, limit: limit) }
    }

    // MARK: Changes

    /// Goes on as another configuration says.
    func adopt(_ section: CronSection) {
        state.withLock { $0.section = section }
        alarm.ring()
    }

    /// Keeps a new job: it is on disk when this returns. Throws `ProtocolError` when it can be none, or there are too
    /// many, and `StorageError`.
    func add(_ job: CronJob) throws -> CronJob {
        var job = job
        try job.requireFitting()
        try job.plan(at: clock.now)
        return try changing.withLock { _ in
            guard state.withLock({ $0.jobs.count + $0.setAside.count }) < Self.limit else {
                throw ProtocolError(.invalidRequest, "there are \(Self.limit) cron jobs already; remove some first")
            }
            try keep(job)
            return job
        }
    }

    /// Takes over what `read` holds: all of it, or nothing, and in the end only what `leavesOut` lets through. What is
    /// here already is left alone. Returns the new jobs, how many are here already, and what is wrong with the others.
    /// Throws `ProtocolError` when there would be too many, and `StorageError`.
    func take(
        _ read: CronImport, leavesOut: Bool, isTrial: Bool = false
    ) throws -> (added: [CronJob], known: Int, issues: [CronImport.Issue]) {
        try changing.withLock { _ in
            let kept = state.withLock { $0.jobs }
            var (added, issues) = ([CronJob](), read.issues)
            for (index, job) in read.jobs {
                guard let there = kept[job.id] else {
                    added.append(job)
                    continue
                }
                guard !there.isSame(as: job) else { continue }
                issues.append(
                    CronImport.Issue(
                        index: index,
                        message: "another job has its id \(job.id) here; remove that one, or give this another"))
            }
            let known = read.jobs.count + read.issues.count - added.count - issues.count
            issues.sort { $0.index < $1.index }
            guard leavesOut || issues.isEmpty else { return ([], known, issues) }
            guard kept.count + added.count <= Self.limit else {
                throw ProtocolError(
                    .invalidRequest,
                    "there would be \(kept.count + added.count) cron jobs; no more than \(Self.limit) can be kept")
            }
            guard !isTrial else { return (added, known, issues) }
            try database.writeNow { [added] transaction in
                for job in added { try transaction.cron.save(job) }
            }
            state.withLock { state in
                for job in added {
                    state.jobs[job.id] = job
                    // What was set aside under this id is replaced by what can be used.
                    state.setAside[job.id] = nil
                }
            }
            alarm.ring()
            return (added, known, issues)
        }
    }

    /// Changes the job `id`. Throws `ProtocolError` when there is none, or `change` makes none of it.
    func update(_ id: String, _ change: (inout CronJob) throws -> Void) throws -> CronJob {
        try changing.withLock { _ in
            guard var job = state.withLock({ $0.jobs[id] }) else { throw Self.unknown(id) }
            try change(&job)
            try job.requireFitting()
            job.updatedAt = clock.now
            try job.plan(at: job.updatedAt)
            try keep(job)
            return job
        }
    }

    /// Forgets the job `id`, also one that was set aside. Returns whether there was one. One that is being done is done to
    /// its end.
    func remove(_ id: String) throws -> Bool {
        try changing.withLock { _ in
            guard state.withLock({ $0.jobs[id] != nil || $0.setAside[id] != nil }) else { return false }
            try database.writeNow { try $0.cron.remove(id) }
            state.withLock { state in
                state.jobs[id] = nil
                state.setAside[id] = nil
            }
            alarm.ring()
            return true
        }
    }

    private func keep(_ job: CronJob) throws(StorageError) {
        try database.writeNow { try $0.cron.save(job) }
        state.withLock { state in
            // It may have been begun meanwhile.
            var job = job
            job.state.runningAt = state.jobs[job.id]?.state.runningAt
            state.jobs[job.id] = job
        }
        alarm.ring()
    }

    private static func unknown(_ id: String) -> ProtocolError {
        ProtocolError(.invalidRequest, "unknown cron job id: \(id)")
    }

    // MARK: Doing

    /// Does what is due, when it is due, by `worker`, until the task is cancelled. Called again, it does nothing.
    func serve(by worker: CronWorker) async {
        await alarm.serve(untilNext: { untilNext }) {
            for job in takeDue() {
                worker.tasks.start { [self] in _ = await perform(job, by: worker) }
            }
        }
    }

    /// Does the job `id` now, if it is due or `isForced`.
    func run(_ id: String, isForced: Bool, by worker: CronWorker) async throws -> RunAnswer {
        let time = clock.now
        let (job, answer): (CronJob?, RunAnswer) = try state.withLock { state in
            guard let job = state.jobs[id] else { throw Self.unknown(id) }
            guard !state.running.contains(id) else { return (nil, .alreadyRunning) }
            guard isForced || job.isDue(at: time) else { return (nil, .notDue) }
            return (Self.begin(job, &state, at: time), .ran(.ok))
        }
        guard let job else { return answer }
        return .ran(await perform(job, by: worker))
    }

    /// The jobs that are due, marked as being done: as many as may be done at once.
    private func takeDue() -> [CronJob] {
        let time = clock.now
        return state.withLock { state in
            let due = state.jobs.values.filter { !state.running.contains($0.id) && $0.isDue(at: time) }
            return due.sorted { ($0.state.nextRunAt ?? time, $0.id) < ($1.state.nextRunAt ?? time, $1.id) }
                .prefix(state.free).map { Self.begin($0, &state, at: time) }
        }
    }

    private static func begin(_ job: CronJob, _ state: inout State, at time: Timestamp) -> CronJob {
        var job = job
        job.state.runningAt = time
        state.jobs[job.id] = job
        state.running.insert(job.id)
        return job
    }

    /// How long until something may be due; nil when nothing is that can be done.
    private var untilNext: TimeSpan? {
        let time = clock.now
        return state.withLock { state in
            let next = state.jobs.values.filter { !state.running.contains($0.id) }.compactMap(\.state.nextRunAt).min()
            return state.free == 0 ? nil : next?.since(time)
        }
    }

    /// Does `job`, which was begun, and notes how it went.
    private func perform(_ job: CronJob, by worker: CronWorker) async -> CronJob.Status {
        var run = CronRun(of: job.id, at: job.state.runningAt ?? clock.now)
        worker.clients.announceJob(job.id, "started", ["runAtMs": run.startedAt.json])
        do {
            try noteBegin(of: job.id)
            try await worker.carryOut(job, &run)
        } catch {
            run.status = .error
            run.error =
                error is CancellationError ? Self.cutOff : (error as? ProtocolError)?.message ?? "\(error)"
        }
        run.endedAt = clock.now
        finish(&run, by: worker)
        return run.status
    }

    /// Keeps that the job `id` was begun, for a gateway that comes after this one was killed.
    private func noteBegin(of id: String) throws {
        try changing.withLock { _ in
            guard let job = state.withLock({ $0.jobs[id] }) else { return }
            try database.writeNow { try $0.cron.save(job) }
        }
    }

    private func finish(_ run: inout CronRun, by worker: CronWorker) {
        var isForgotten = false
        do {
            try changing.withLock { _ in
                // It may have been changed meanwhile, or removed.
                var job = state.withLock { $0.jobs[run.jobID] }
                job?.note(run)
                run.nextRunAt = job?.state.nextRunAt
                isForgotten = job?.isOver == true
                let kept = isForgotten ? nil : job
                // Done is done, whatever the disk says: it must not be done again at once.
                state.withLock { state in
                    state.running.remove(run.jobID)
                    state.jobs[run.jobID] = kept
                }
                try database.writeNow { [run] transaction in
                    if let kept { try transaction.cron.save(kept) } else { try transaction.cron.remove(run.jobID) }
                    try transaction.cron.record(run)
                }
            }
        } catch {
            worker.logger.error("a run cannot be noted", metadata: ["job": "\(run.jobID)", "error": "\(error)"])
        }
        alarm.ring()
        worker.clients.announceJob(run.jobID, "finished", run.details)
        if isForgotten { worker.clients.announceJob(run.jobID, "removed") }
    }
}

extension CronJob {
    fileprivate func isDue(at time: Timestamp) -> Bool { state.nextRunAt.map { $0 <= time } == true }
}
