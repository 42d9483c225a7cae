import Configuration
import Files
import JSON
import Logging
import Policy
import Synchronization
import Time

/// Taking over changes of the configuration while the gateway runs.
///
/// A configuration that is invalid, or gone, or with which no gateway could start, is told of, and the gateway goes on
/// with what it has.
final class ConfigurationReload: Sendable {
    private let running: RunningConfiguration
    private let restarts: Restarts
    private let tasks: TaskSet
    private let logger: Logger
    private let lastOutcome = Mutex(ReloadOutcome.same)

    init(_ running: RunningConfiguration, restarts: Restarts, tasks: TaskSet, logger: Logger) {
        self.running = running
        self.restarts = restarts
        self.tasks = tasks
        self.logger = logger
    }

    /// What became of the last change of the configuration.
    var last: ReloadOutcome { lastOutcome.withLock { $0 } }

    /// What the gateway runs with now.
    var configuration: GatewayConfiguration { running.configuration.value }

    /// What stands in the files now; nil when nothing that can be read does.
    func readConfiguration() -> ConfigurationSnapshot? {
        do throws(StorageError) {
            let instance = configuration.instance
            let snapshot = try ConfigurationReader(instance).snapshot(of: instance.configurationFile.value)
            if snapshot.text != nil { return snapshot }
            lastOutcome.withLock { $0 = refuse(["\(instance.configurationFile.value) is gone"]) }
        } catch {
            lastOutcome.withLock { $0 = refuse(["\(error)"]) }
        }
        return nil
    }

    /// Acts on `snapshot`. When that is ordered by a client, what needs a restart gets one, whatever
    /// `gateway.reload.mode` says of changes that are only found; `delay` is the time until then.
    @discardableResult
    func take(_ snapshot: ConfigurationSnapshot, isOrdered: Bool = false, delay: TimeSpan = .zero) -> ReloadOutcome {
        lastOutcome.withLock { last in
            let outcome = outcome(of: snapshot, isOrdered: isOrdered, delay: delay)
            last = outcome
            return outcome
        }
    }

    private func outcome(of snapshot: ConfigurationSnapshot, isOrdered: Bool, delay: TimeSpan) -> ReloadOutcome {
        let file: ConfigurationFile
        let next: GatewayConfiguration
        do throws(ConfigurationError) {
            file = try ConfigurationFile(snapshot)
            next = try GatewayConfiguration(
                instance: configuration.instance, file: file, arguments: configuration.arguments)
            // A start that would be refused must not end a gateway that runs.
            try next.requireStartable(allowsUnconfigured: configuration.arguments.allowsUnconfigured)
        } catch {
            return refuse("\(error)".split(separator: "\n").map(String.init))
        }
        let current = configuration.file?.root ?? [:]
        let plan = ReloadPlan.effective(from: current, to: file.root)
        guard !plan.changed.isEmpty else { return .same }
        // The port is the process's own for as long as it lives: another needs another process.
        if plan.restarting == ["gateway.port"], next.content.gateway.reload.mode != .off || isOrdered {
            let outcome = adopt(file, plan, over: current)
            guard next.ports.value != configuration.ports.value, case .takenOver = outcome else { return outcome }
            note("the port counts when the gateway is started anew from outside", plan.restarting)
            return .waiting(plan.restarting)
        }
        switch (next.content.gateway.reload.mode, isOrdered) {
        case (.off, false):
            note("the configuration changed; gateway.reload.mode is off", plan.changed)
            return .waiting(plan.changed)
        case (.restart, _): return restart(for: plan.changed, after: delay)
        case (.hot, false):
            let outcome = adopt(file, plan, over: current)
            guard plan.restartsGateway, case .takenOver = outcome else { return outcome }
            note("these changes count after a restart; gateway.reload.mode is hot", plan.restarting)
            return .waiting(plan.restarting)
        case (.hybrid, _), (.off, true), (.hot, true):
            return plan.restartsGateway
                ? restart(for: plan.restarting, after: delay) : adopt(file, plan, over: current)
        }
    }

    private func adopt(_ file: ConfigurationFile, _ plan: ReloadPlan, over current: JSON) -> ReloadOutcome {
        let paths = plan.changed.filter { !plan.restarting.contains($0) }
        guard !paths.isEmpty else { return .takenOver([]) }
        do throws(ConfigurationError) {
            try running.adopt(
                configuration.adopting(file, saying: plan.withoutRestarting(from: current, to: file.root)))
        } catch {
            return refuse("\(error)".split(separator: "\n").map(String.init))
        }
        note("took over changes of the configuration", paths)
        return .takenOver(paths)
    }

    private func restart(for paths: [String], after delay: TimeSpan) -> ReloadOutcome {
        requestRestart("configuration changed: \(paths.joined(separator: ", "))", after: delay)
        return .restarting(paths)
    }

    private func refuse(_ reasons: [String]) -> ReloadOutcome {
        logger.warning(
            "the configuration cannot be used; going on with the last one",
            metadata: ["reasons": .array(reasons.map { .string($0) })])
        return .refused(reasons)
    }

    private func note(_ message: Logger.Message, _ paths: [String]) {
        logger.notice(message, metadata: ["changes": .array(paths.map { .string($0) })])
    }

    // MARK: Restarts

    /// Has the program around the gateway start it anew after `delay`, unless that was asked for before.
    func requestRestart(_ reason: String, after delay: TimeSpan = .zero) {
        guard restarts.claim() else { return }
        logger.notice("restarting", metadata: ["reason": "\(reason)", "delayMs": "\(delay.milliseconds)"])
        tasks.start { [restarts] in
            // Throws only when the gateway ends, and then nothing is left to restart.
            guard (try? await Task.sleep(for: delay.duration)) != nil else { return }
            restarts.begin()
        }
    }

    /// Somebody outside asked for a restart by signal.
    func requestRestartFromOutside() {
        guard configuration.content.commands.restart else {
            logger.warning("a restart by signal is refused; commands.restart allows it")
            return
        }
        requestRestart("asked for by signal")
    }
}
