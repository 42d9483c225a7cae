import Glibc
import Linux
public import Policy
public import SystemPackage

/// Runs a plan from outside: one process, one thread, one event loop.
public struct Supervisor {
    /// What came of it.
    public enum Outcome: Equatable, Sendable {
        /// The payload ran; this is its exit code, or 128 and the signal that killed it.
        case ended(code: Int32)
        /// A step failed and no payload ran.
        case failed(EnforcementError)
        /// Init was killed from outside, and the payload with it.
        case initKilled(signal: Int32)
    }

    private let plan: SandboxPlan
    private let lock: FileDescriptor?

    /// A supervisor for `plan`; `lock` is the instance's, handed on to init.
    public init(plan: SandboxPlan, lock: FileDescriptor?) {
        self.plan = plan
        self.lock = lock
    }

    /// How long a payload may take to end after the first SIGTERM or SIGINT, in milliseconds. Default 10,000.
    public static let grace: Int32 = 10_000

    /// How long nothing must happen before a waiting process gives back its memory, in milliseconds. Short runs
    /// end before, and pay nothing for it.
    static let settling: Int32 = 200

    /// Runs the plan to its end. `onStart` is called once the payload's program has been executed.
    ///
    /// Signals that arrive are passed to the payload. After SIGTERM or SIGINT it has `grace` to end.
    public func run(onStart: () -> Void) -> Outcome {
        do {
            try Signals.blockAll()
            let index = try performOwnSteps()
            let pipe = try attempt(index) { () throws(Errno) in try Pipe() }
            guard let child = try attempt(index, { () throws(Errno) in try ChildProcess.clone(namespaces(index)) })
            else {
                pipe.reader.discard()
                SandboxProcess(plan: plan, failures: pipe.writer, lock: lock).run(from: index + 1)
            }
            pipe.writer.discard()
            return try watch(child, failures: pipe.reader, onStart: onStart)
        } catch let error as EnforcementError {
            return .failed(error)
        } catch let error as Errno {
            return .failed(EnforcementError(step: .resetSignals, errno: error))
        } catch {
            preconditionFailure("only the two kinds above are thrown")
        }
    }

    /// The steps before clone; returns the index of that one.
    private func performOwnSteps() throws(EnforcementError) -> Int {
        var index = 0
        while true {
            switch plan.steps[index] {
            case .enterNamespaces: return index
            case .becomeUser(let userID, let groupID):
                try attempt(index) { () throws(Errno) in
                    try Credentials.become(userID: userID, groupID: groupID)
                }
            default: preconditionFailure("\(plan.steps[index].name) is no step of the supervisor")
            }
            index += 1
        }
    }

    private func namespaces(_ index: Int) -> NamespaceSet {
        guard case .enterNamespaces(let namespaces) = plan.steps[index] else { return [] }
        return namespaces.reduce(into: []) { set, namespace in
            switch namespace {
            case .user: set.insert(.user)
            case .mount: set.insert(.mount)
            case .pid: set.insert(.pid)
            case .ipc: set.insert(.ipc)
            case .uts: set.insert(.uts)
            case .cgroup: set.insert(.cgroup)
            }
        }
    }

    private func attempt<Result>(
        _ index: Int, _ body: () throws(Errno) -> Result
    ) throws(EnforcementError) -> Result {
        do {
            return try body()
        } catch {
            throw EnforcementError(step: plan.steps[index], errno: error)
        }
    }

    // MARK: The event loop

    private func watch(
        _ child: ChildProcess, failures: FileDescriptor, onStart: () -> Void
    ) throws(Errno) -> Outcome {
        let signals = try Signals.descriptor()
        var report: [UInt8] = []
        var isStarting = true
        var isStopping = false
        var isIdle = false
        while true {
            let descriptors = [child.pidfd, signals] + (isStarting ? [failures] : [])
            let ready = try Readiness.wait(
                for: descriptors, milliseconds: isStopping ? Self.grace : isIdle ? -1 : Self.settling,
                releasingImage: isIdle)
            if ready.contains(2) {
                // The pipe ends when exec has closed it, or when init has ended without one.
                report = try failures.readEverything()
                isStarting = false
                failures.discard()
                if report.isEmpty { onStart() }
            }
            if ready.contains(0) {
                if isStarting { report = try failures.readEverything() }
                return try outcome(of: child, report: report)
            }
            if ready.contains(1) { try forwardSignals(to: child, isStopping: &isStopping) }
            // The time is up: what does not end by itself is ended, with everything it started.
            if ready.isEmpty, isStopping { try child.send(signal: SIGKILL) }
            if ready.isEmpty { isIdle = true }
        }
    }

    private func forwardSignals(to child: ChildProcess, isStopping: inout Bool) throws(Errno) {
        while let signal = try Signals.wait(milliseconds: 0) {
            switch signal.number {
            case SIGCHLD, SIGURG, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGPIPE: continue
            case SIGTERM, SIGINT, SIGHUP, SIGQUIT:
                isStopping = isStopping || signal.number != SIGHUP
                try send(signal.number, to: child)
            default: try send(signal.number, to: child)
            }
        }
    }

    private func send(_ number: Int32, to child: ChildProcess) throws(Errno) {
        do throws(Errno) {
            try child.send(signal: number)
        } catch {
            guard error == .noSuchProcess else { throw error }
        }
    }

    private func outcome(of child: ChildProcess, report: [UInt8]) throws(Errno) -> Outcome {
        let end = try child.wait()
        if let report = FailureReport(bytes: report) {
            return .failed(
                EnforcementError(step: plan.steps[report.index], errno: report.errno, detail: report.detail))
        }
        switch end {
        case .exited(let code): return .ended(code: code)
        case .killed(let signal): return .initKilled(signal: signal)
        }
    }
}
