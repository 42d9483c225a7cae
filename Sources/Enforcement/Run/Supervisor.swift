import Glibc
public import JSON
import Linux
public import Policy
public import SystemPackage

/// Runs a plan from outside: one process, one thread, one event loop.
public struct Supervisor {
    /// How a start ended: with the payload's end, or with a reason why there was none.
    public enum Outcome: Equatable, Sendable {
        /// The payload ran; this is its exit code, or 128 and the signal that killed it, be it the supervisor's own, and
        /// whether it had told a service manager that it was ready.
        case ended(code: Int32, wasReady: Bool)
        /// A step failed and no payload ran.
        case failed(EnforcementError)
        /// Init was killed from outside, and the payload with it.
        case initKilled(signal: Int32)
        /// The payload's process was killed before its program ran.
        case payloadKilled(signal: Int32)
        /// The kernel killed the whole sandbox, because memory was short.
        case outOfMemory(OutOfMemory)

        /// What the launcher exits with.
        public var exitCode: Int32 {
            switch self {
            case .ended(let code, _): code
            case .failed(let error): error.exitCode.rawValue
            case .outOfMemory: ExitCode.killed(bySignal: SIGKILL)
            // Only a system call filter sends SIGSYS, and the sandbox's own is made for what the launcher does under it.
            case .initKilled(let signal), .payloadKilled(let signal):
                (signal == SIGSYS ? ExitCode.unavailable : .isolation).rawValue
            }
        }

        /// Why the payload did not run to its end, in one sentence; nil when it did.
        public var failure: String? {
            switch self {
            case .ended: nil
            case .failed(let error): error.description
            case .outOfMemory(let end): end.sentence
            case .initKilled(SIGSYS), .payloadKilled(SIGSYS):
                "a system call filter over the launcher killed a process of the sandbox (SIGSYS); \(HostDiagnosis().filter)"
            case .initKilled(let signal):
                "the sandbox's init was killed from outside by signal \(signal); the payload ended with it"
            case .payloadKilled(let signal):
                "the payload's process was killed from outside by signal \(signal) before its program ran; start it again"
            }
        }
    }

    /// What happens while a plan runs.
    public enum Event: Sendable {
        /// Another process has begun to build the sandbox. Until it is done this one has time to spare.
        case building
        /// The payload's program has been executed.
        case executed
        /// How the plan's proofs ended: all as they must when `executed` follows.
        case proved(ProofOutcomes)
        /// The payload was refused something.
        case denied(Denial)
        /// The payload did what only a softening of the profile permits.
        case permitted(Permit)
        /// The proxy of a private network has ended, and the payload is killed.
        case proxyEnded
        /// The payload did not end in the `grace` it had, and is killed.
        case overdue
        /// The person at the payload's terminal has typed `~.`, and the payload is killed.
        case endedByKeys
        /// What is to be written down of a sibling.
        case sibling(JSON)
        /// A passed listener that the payload left unusable, and that cannot be made to listen again.
        case listenerLost(PassedSocket, Errno)
    }

    private let plan: SandboxPlan
    private let serviceManager: NotificationSocket?
    private let terminal: CallersTerminal?
    private let messages: [MessageOutlet]
    private let lock: FileDescriptor?
    /// For a sibling's: to whom it is tied.
    private let link: SiblingLink?
    /// For a sibling's: the pipes of its program, which are nobody else's.
    private let pipes: [FileDescriptor]
    /// For a sibling's: the cgroup of the payload's sandbox, which is its own too.
    private let sharedGroup: SandboxGroup?

    /// A supervisor for `plan`. What the payload tells the service manager goes to `serviceManager`, and its terminal is
    /// shown on `terminal`; a plan with a socket or a terminal for that needs one. What `report` cannot write to
    /// `messages` at once is told later through them. `lock` is what holds the instance's lock: siblings hold on to it too.
    public init(
        plan: SandboxPlan, serviceManager: NotificationSocket? = nil, terminal: CallersTerminal? = nil,
        messages: [MessageOutlet] = [], lock: FileDescriptor? = nil
    ) {
        self.plan = plan
        self.serviceManager = serviceManager
        self.terminal = terminal
        self.messages = messages
        self.lock = lock
        (link, pipes, sharedGroup) = (nil, [], nil)
    }

    /// The supervisor of a sibling.
    init(plan: SandboxPlan, link: SiblingLink, pipes: [FileDescriptor], group: SandboxGroup?) {
        self.plan = plan
        (serviceManager, terminal, messages, lock) = (nil, nil, [], nil)
        (self.link, self.pipes, sharedGroup) = (link, pipes, group)
    }

    /// How long a payload may take to end after the first signal that asks for it, in milliseconds. Default 10,000.
    public static let grace: Int32 = 10_000

    /// How long nothing must happen before a waiting process gives back its memory, in milliseconds. Short runs
    /// end before, and pay nothing for it.
    static let settling: Int32 = 200

    /// Runs the plan to its end, telling `report` what happens.
    ///
    /// Signals that arrive are passed to the payload. After SIGTERM, SIGINT, SIGQUIT or SIGABRT it has `grace` to end.
    public func run(_ report: (Event) -> Void) -> Outcome {
        run(checking: { () throws(Never) in plan.siblings }, report)
    }

    /// As `run`, with a last check that is made while another process builds the sandbox, and that returns the plans of the
    /// payload's siblings. No payload runs when it throws.
    public func run<Refusal>(
        checking check: () throws(Refusal) -> [SiblingPlan], _ report: (Event) -> Void
    ) throws(Refusal) -> Outcome {
        var refusal: Refusal?
        var isChecked = false
        let outcome = supervise(report) {
            isChecked = true
            do throws(Refusal) {
                return try check()
            } catch {
                refusal = error
                return nil
            }
        }
        if let refusal { throw refusal }
        // What would have been refused is told rather than what failed before it was looked at.
        if !isChecked { _ = try check() }
        guard case .failed(var error) = outcome else { return outcome }
        error.remedy = HostDiagnosis().remedy(for: error.step, error.errno)
        return .failed(error)
    }

    private func supervise(_ report: (Event) -> Void, siblings: () -> [SiblingPlan]?) -> Outcome {
        do throws(EnforcementError) {
            try prepare { () throws(Errno) in try Signals.blockAll() }
            let outlets = try attempt(streamStep) { () throws(Errno) in try StreamPipes.outlets(for: plan.streams) }
            var openedFiles = OpenedFiles()
            var group: SandboxGroup?
            // A sibling's is the payload's, whose supervisor removes it.
            defer { if sharedGroup == nil { group?.remove() } }
            let index = try performOwnSteps(&openedFiles, &group)
            let (own, others) = try attempt(index) { () throws(Errno) in try Channel.pair() }
            let farewell = try attempt(index) { () throws(Errno) in try Pipe() }
            var desk = try attempt(index) { () throws(Errno) in
                try SiblingDesk(for: plan, kept: lock, group: group)
            }
            let canary = try attempt(index) { () throws(Errno) in try Canary(network: plan.network) }
            let relay = try attempt(index) { () throws(Errno) in
                guard let serviceManager else { return NotificationRelay?.none }
                return try NotificationRelay(to: serviceManager)
            }
            let pipes = try attempt(streamStep) { () throws(Errno) in
                try StreamPipes(for: plan.streams, to: outlets)
            }
            guard let child = try attempt(index, { () throws(Errno) in try ChildProcess.clone(namespaces(index)) })
            else {
                // Init holds on to the instance's lock, which it inherits: it lasts as long as anything of the sandbox.
                own.descriptor.discard()
                desk?.leave()
                group?.discard()
                link?.asker.discard()
                link?.overseer.descriptor.discard()
                farewell.reader.discard()
                relay?.leave()
                terminal?.leave()
                for outlet in outlets { outlet.leave() }
                for outlet in messages { outlet.leave() }
                SandboxProcess(
                    plan: plan, supervisor: others, canary: canary, openedFiles: openedFiles,
                    notifications: relay?.inside, streams: pipes, farewell: farewell.writer
                ).run(from: index + 1)
            }
            others.descriptor.discard()
            desk?.giveAway()
            try leavePipes(index)
            farewell.writer.discard()
            openedFiles.discard()
            if group != nil {
                do throws(Errno) {
                    try group?.leave(child)
                } catch {
                    try end(child)
                    throw EnforcementError(step: plan.steps[0], errno: error, detail: "cgroup.procs")
                }
            }
            report(.building)
            guard let siblings = siblings() else {
                // Init has begun to build, and waits for the supervisor before any payload runs.
                try end(child)
                return .initKilled(signal: SIGKILL)
            }
            desk?.plans = siblings
            let (signals, streams) = try prepare { () throws(Errno) in (try Signals.descriptor(), try pipes.relay()) }
            var loop = SupervisorLoop(
                plan: plan, child: child, channel: own,
                // A cgroup can be removed, and its counts are whole, once init has ended too; and who asked for a sibling is told
                // that nothing of it is left.
                farewell: group == nil && link == nil ? farewell.reader : nil, signals: signals, relay: relay,
                streams: streams,
                callersTerminal: terminal, messages: messages, desk: desk, link: link)
            // However it ends: nobody else would.
            defer {
                loop.giveTerminalBack()
                giveListenersBack(report)
            }
            let outcome = try prepare { () throws(Errno) in try loop.run(report) }
            if case .initKilled(SIGKILL) = outcome, let end = group?.outOfMemory { return .outOfMemory(end) }
            return outcome
        } catch {
            return .failed(error)
        }
    }

    /// Does `body`, whose failure is none of a step but of this process.
    private func prepare<Result>(_ body: () throws(Errno) -> Result) throws(EnforcementError) -> Result {
        do {
            return try body()
        } catch {
            throw EnforcementError(step: .resetSignals, errno: error)
        }
    }

    /// A sibling's program has its pipes and its standard error now, and who asked for it learns of its end by theirs.
    private func leavePipes(_ index: Int) throws(EnforcementError) {
        guard link != nil else { return }
        for pipe in pipes { pipe.discard() }
        try attempt(index) { () throws(Errno) in
            let null = try FileDescriptor.workingDirectory.open("/dev/null", flags: O_WRONLY)
            defer { null.discard() }
            try null.become(2)
        }
    }

    private func end(_ child: ChildProcess) throws(EnforcementError) {
        try prepare { () throws(Errno) in
            try child.send(signal: SIGKILL)
            _ = try child.wait()
        }
    }

    /// Leaves the service manager's listeners as they came. Its sockets are the very ones that the payload had.
    private func giveListenersBack(_ report: (Event) -> Void) {
        for socket in plan.passedSockets {
            do throws(Errno) {
                try socket.revive()
            } catch {
                report(.listenerLost(socket, error))
            }
        }
    }

    /// The steps before clone; returns the index of that one.
    private func performOwnSteps(
        _ openedFiles: inout OpenedFiles, _ group: inout SandboxGroup?
    ) throws(EnforcementError) -> Int {
        var index = 0
        while true {
            switch plan.steps[index] {
            case .enterNamespaces: return index
            case .joinControlGroup where sharedGroup != nil:
                group = sharedGroup
                try attempt(index) { () throws(Errno) in try group?.enterAgain() }
            case .joinControlGroup(let limits):
                group = try open(index) { () throws(SafePath.Refusal) in
                    try SandboxGroup(limits, of: plan.profile)
                }
            case .mapOwner(let tree):
                try open(index) { () throws(SafePath.Refusal) in try openedFiles.open(tree) }
            case .openCredential(let credential):
                try open(index) { () throws(SafePath.Refusal) in try openedFiles.open(credential) }
            case .becomeUser(let userID, let groupID):
                try attempt(index) { () throws(Errno) in
                    try Credentials.become(userID: userID, groupID: groupID)
                }
            // The others are of another stage. The start of a plan that had one before clone ends here, before anything ran.
            default: preconditionFailure("\(plan.steps[index].name) is no step of the supervisor")
            }
            index += 1
        }
    }

    /// What is to blame when streams cannot be relayed; without such a step there is nothing to do that could fail.
    private var streamStep: Int { plan.steps.firstIndex(of: .relayStreams(plan.streams)) ?? 0 }

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
            case .network: set.insert(.network)
            }
        }
    }

    /// What `body` opens of the host's for step `index`.
    private func open<Result>(
        _ index: Int, _ body: () throws(SafePath.Refusal) -> Result
    ) throws(EnforcementError) -> Result {
        do {
            return try body()
        } catch {
            throw EnforcementError(step: plan.steps[index], errno: error.errno, detail: error.detail)
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
}
