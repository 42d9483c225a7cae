import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// The supervisor's event loop: waits for init's end, signals, messages of the start, calls to answer, what the payload
/// tells the service manager, and what is typed and shown on its terminal.
struct SupervisorLoop {
    private let plan: SandboxPlan
    private let child: ChildProcess
    private let signals: FileDescriptor
    /// The start's channel, until exec has closed the other end.
    private var channel: Channel?
    /// Where init tells the payload's exit code when nothing but init is left; nil once its end is closed, and where its own
    /// end is waited for in any case.
    private var farewell: FileDescriptor?
    /// What init told of the payload's end; nil until it has.
    private var toldEnd: ChildProcess.End?
    private var failure: FailureReport?
    /// Whether the payload's process has said that exec is next.
    private var isProved = false
    private var wasExecuted = false
    private var broker: Broker?
    private var relay: NotificationRelay?
    private var streams: [StreamRelay]
    private let messages: [MessageOutlet]
    private let callersTerminal: CallersTerminal?
    /// The payload's siblings, where its policy has some.
    private var desk: SiblingDesk?
    /// In a sibling's supervisor: to whom it is tied, until it was told to end.
    private var link: SiblingLink?
    private var terminal: TerminalRelay?
    /// The way out of a private network.
    private var proxy: ProxyProcess?
    private var denials = RecordLimiter<Denial>()
    private var permits = RecordLimiter<Permit>()
    /// When the payload must have ended (CLOCK_MONOTONIC, in microseconds); nil while it need not.
    private var deadline: Int64?
    private var isStopping = false
    private var isOverdue = false
    /// Whether the person at the terminal has ended the payload.
    private var isEndedByKeys = false
    /// Whether init has ended, and only what was written on the terminal is yet to be shown.
    private var hasEnded = false
    private var isWithoutProxy = false
    private var isIdle = false

    /// How long what was written last may take to be shown when the payload had to be killed, in microseconds.
    private static let lastMoment: Int64 = 1_000_000

    init(
        plan: SandboxPlan, child: ChildProcess, channel: Channel, farewell: FileDescriptor?, signals: FileDescriptor,
        relay: NotificationRelay?, streams: [StreamRelay], callersTerminal: CallersTerminal?, messages: [MessageOutlet],
        desk: SiblingDesk?, link: SiblingLink?
    ) {
        self.plan = plan
        self.child = child
        self.channel = channel
        self.farewell = farewell
        self.signals = signals
        self.relay = relay
        self.streams = streams
        self.callersTerminal = callersTerminal
        self.messages = messages
        self.desk = desk
        self.link = link
    }

    private enum Source {
        case farewell(FileDescriptor)
        case end
        case signals
        case start(Channel)
        case calls
        case notifications
        case terminal(TerminalRelay.Event)
        case stream(Int, StreamRelay.Event)
        case messages(MessageOutlet)
        case proxy(ProxyProcess)
        case requests
        case sibling(Int)
        case asker(SiblingLink)
        case overseer
    }

    /// Runs until init has ended, or nothing but its own end is left to happen.
    mutating func run(_ report: (Supervisor.Event) -> Void) throws(Errno) -> Supervisor.Outcome {
        while true {
            let delay = relay?.delay(at: MonotonicClock.microseconds)
            let waiting = waiting(takingNotifications: delay == 0)
            let ready = try Readiness.wait(
                for: waiting.interests, milliseconds: patience(delay ?? 0), releasingImage: isIdle)
            events: for event in ready {
                switch waiting.sources[event.index] {
                case .farewell(let reader): try takeFarewell(reader)
                case .end: noteEnd()
                case .signals: try forwardSignals()
                case .start(let channel): try takeMessage(channel, report)
                case .calls where event.isReadable: try answer(report)
                case .calls:
                    // Nobody is left under the filter; to receive would be to wait for ever.
                    broker?.descriptor.discard()
                    broker = nil
                case .notifications: try relay?.takeNext()
                case .terminal(let event): try terminal?.proceed(event)
                case .stream(let index, let event): try streams[index].proceed(event)
                case .messages(let outlet): outlet.proceed()
                case .proxy(let proxy): try takeRefusal(of: proxy, report)
                case .requests:
                    if let denial = try desk?.takeRequest(), let due = denials.take(denial) { report(.denied(due)) }
                case .sibling(let index):
                    // What is ended makes the others change their places: they are looked at the next time.
                    guard let record = try desk?.takeRecord(at: index) else { break events }
                    note(record, report)
                case .asker(let link): try takeOrder(link)
                case .overseer: try endSibling()
                }
            }
            let isLate = deadline.map { $0 <= MonotonicClock.microseconds } ?? false
            if hasEnded, try isAllShown() || isLate { return try end(report) }
            if terminal?.isInBackground ?? false { try suspend() }
            if terminal?.isToEnd ?? false, !isEndedByKeys {
                isEndedByKeys = true
                try send(SIGKILL)
                report(.endedByKeys)
            }
            relay?.flush()
            if isLate {
                // The time is up: what does not end by itself is ended, with everything it started.
                try send(SIGKILL)
                deadline = nil
                isOverdue = true
                report(.overdue)
            }
            isIdle = ready.isEmpty && delay ?? 0 == 0
            if isIdle { reportHeldBack(report) }
        }
    }

    /// What is waited for, and what each of it means: the two go by the same index.
    private struct Waiting {
        var sources: [Source] = []
        var interests: [Readiness.Interest] = []

        init() {
            // More than a start needs, which waits dozens of times.
            sources.reserveCapacity(12)
            interests.reserveCapacity(12)
        }

        mutating func add(_ source: Source, _ interest: Readiness.Interest) {
            sources.append(source)
            interests.append(interest)
        }
    }

    private func waiting(takingNotifications: Bool) -> Waiting {
        var waiting = Waiting()
        // What the payload wrote is read before its calls, so that what is said about a call stands after it; and only once the
        // start is over, so that what is said about the start stands before it.
        let isStarted = channel == nil
        for index in streams.indices where isStarted {
            for (event, interest) in streams[index].interests { waiting.add(.stream(index, event), interest) }
        }
        // Messages before the end: a failed start tells why, and then ends.
        if let channel { waiting.add(.start(channel), .reading(channel.descriptor)) }
        if let farewell { waiting.add(.farewell(farewell), .reading(farewell)) }
        if !hasEnded { waiting.add(.end, .reading(child.pidfd)) }
        waiting.add(.signals, .reading(signals))
        if let proxy, !isWithoutProxy { waiting.add(.proxy(proxy), .reading(proxy.descriptor)) }
        // Before exec it is the proof that calls. The payload's calls wait until the start is over, however late init is to
        // close its end: each is recorded, and stands after the start.
        if let broker, !isProved || isStarted { waiting.add(.calls, .reading(broker.descriptor)) }
        if takingNotifications, let relay { waiting.add(.notifications, .reading(relay.inside)) }
        if let terminal {
            for (event, interest) in terminal.interests where isStarted || event != .written {
                waiting.add(.terminal(event), interest)
            }
        }
        // No request before the payload's program runs.
        if let desk, isStarted {
            if let socket = desk.socket { waiting.add(.requests, .reading(socket.descriptor)) }
            for (index, sibling) in desk.running.enumerated() {
                waiting.add(.sibling(index), .reading(sibling.descriptor))
            }
        }
        if let link {
            waiting.add(.asker(link), .reading(link.asker))
            waiting.add(.overseer, .reading(link.overseer.descriptor))
        }
        for outlet in messages {
            if let interest = outlet.interest { waiting.add(.messages(outlet), interest) }
        }
        return waiting
    }

    /// Whether what was written inside until its end has been passed on.
    private mutating func isAllShown() throws(Errno) -> Bool {
        var isDone = terminal?.isDone ?? true
        // Each of them: one whose reader stalls must not keep the other from being passed on.
        for index in streams.indices {
            let isShown = try streams[index].finish()
            isDone = isDone && isShown
        }
        return isDone
    }

    /// How long to wait for something to happen, in milliseconds: `delay` microseconds at most, unless that is 0.
    private func patience(_ delay: Int64) -> Int32 {
        var patience = Int64.max
        if delay > 0 { patience = delay }
        if let deadline { patience = min(patience, max(0, deadline - MonotonicClock.microseconds)) }
        if !isIdle { patience = min(patience, Int64(Supervisor.settling) * 1000) }
        if denials.holdsBack || permits.holdsBack {
            patience = min(patience, RecordLimiter<Denial>.pause * 1_000_000)
        }
        // Rounded up: what is due in half a millisecond is not due now.
        return patience == .max ? -1 : Int32(clamping: (patience + 999) / 1000)
    }

    // MARK: The start

    private mutating func takeMessage(
        _ channel: Channel, _ report: (Supervisor.Event) -> Void
    ) throws(Errno) {
        let message = try channel.receive()
        guard !message.bytes.isEmpty else {
            // exec has closed the other end, or the processes have ended without one.
            channel.descriptor.discard()
            self.channel = nil
            if isProved, failure == nil {
                wasExecuted = true
                report(.executed)
            }
            return
        }
        switch StartMessage(bytes: message.bytes) {
        case .failed(let report): failure = failure ?? report
        case .terminal: try takeTerminal(message.descriptor, channel)
        case .listening(let number): try takeListener(number, of: message.sender, channel)
        case .opened(let numbers): try startProxy(numbers, of: message.sender, channel)
        case .proved(let outcomes):
            isProved = true
            report(.proved(outcomes))
            try proceed(channel)
        case nil: throw .badMessage
        }
    }

    /// Lets the sender go on, the payload's process to exec at last: it never runs unless the supervisor has got this far.
    private func proceed(_ channel: Channel) throws(Errno) {
        do throws(Errno) {
            try channel.send(StartMessage.proceed)
        } catch {
            // It has ended meanwhile; its end tells why.
            guard error == .brokenPipe || error == .connectionReset else { throw error }
        }
    }

    private mutating func takeListener(_ number: Int32, of payload: Int32, _ channel: Channel) throws(Errno) {
        guard let rules = plan.portRules, let index = plan.steps.firstIndex(of: .handOverCalls) else {
            throw .badMessage
        }
        do throws(Errno) {
            let thread = try ForeignThread(threadID: payload)
            defer { thread.discard() }
            let listener = SeccompListener(descriptor: try thread.takeDescriptor(number))
            // Where it is does not matter to the supervisor, and what it makes for others has their mask.
            try ProcessControl.changeDirectory(to: "/")
            var hostListener: HostListener?
            if let proxy, plan.sibling == nil {
                hostListener = try HostListener { (listener) throws(Errno) in try proxy.recognize(listener) }
            }
            broker = try Broker(rules: rules, listener: listener, payload: payload, hostListener: hostListener)
            try channel.send(StartMessage.proceed)
        } catch {
            failure = FailureReport(index: index, errno: error, detail: "pidfd_getfd(2) of the payload's process")
            try child.send(signal: SIGKILL)
        }
    }

    private mutating func takeTerminal(_ master: FileDescriptor?, _ channel: Channel) throws(Errno) {
        let index = plan.steps.firstIndex { if case .openTerminal = $0 { true } else { false } }
        guard let callersTerminal, let master, let index else { throw .badMessage }
        do throws(Errno) {
            terminal = try TerminalRelay(from: callersTerminal, to: master)
            try terminal?.attach()
            try proceed(channel)
        } catch {
            failure = FailureReport(index: index, errno: error, detail: "the caller's terminal")
            try send(SIGKILL)
        }
    }

    /// Leaves the caller's terminal as it was.
    mutating func giveTerminalBack() { terminal?.detach() }

    private mutating func startProxy(_ numbers: [Int32], of initProcess: Int32, _ channel: Channel) throws(Errno) {
        guard let proxyPlan = plan.proxy, let index = plan.steps.firstIndex(of: .openProxy(proxyPlan)),
            (proxyPlan.gatewayPort == nil ? 1...1 : 2...3).contains(numbers.count)
        else { throw .badMessage }
        do throws(Errno) {
            let thread = try ForeignThread(threadID: initProcess)
            defer { thread.discard() }
            let taken = try numbers.map { (number) throws(Errno) in try thread.takeDescriptor(number) }
            let gateway = zip(taken.dropFirst(), [IPAddress.loopback4, .loopback6]).map {
                (descriptor: $0, address: $1)
            }
            proxy = try ProxyProcess(proxyPlan, ProxyLoop.Listeners(proxy: taken[0], gateway: gateway))
            try channel.send(StartMessage.proceed)
        } catch {
            failure = FailureReport(index: index, errno: error, detail: "pidfd_getfd(2) of init")
            try child.send(signal: SIGKILL)
        }
    }

    private mutating func takeRefusal(
        of proxy: ProxyProcess, _ report: (Supervisor.Event) -> Void
    ) throws(Errno) {
        guard let refusal = try proxy.nextRefusal() else {
            // It never ends by itself. Without it there is no way out, and nothing inside knows why.
            isWithoutProxy = true
            report(.proxyEnded)
            return try send(SIGKILL)
        }
        if let due = denials.take(refusal.denial(at: Int64(time(nil)))) { report(.denied(due)) }
    }

    // MARK: Siblings

    /// What a sibling's supervisor tells: its denials are reported as the payload's are, at no faster pace.
    private mutating func note(_ record: JSON, _ report: (Supervisor.Event) -> Void) {
        guard record["event"]?.string == "denied" else { return report(.sibling(record)) }
        var denial = Denial(json: record)
        denial.time = Int64(time(nil))
        if let due = denials.take(denial) { report(.denied(due)) }
    }

    private mutating func takeOrder(_ link: SiblingLink) throws(Errno) {
        let order: SiblingOrder?
        do throws(Errno) {
            order = try link.nextOrder()
        } catch {
            // It is gone, or is none of ours.
            return try endSibling()
        }
        switch order {
        case .signal(SIGKILL): try endSibling()
        case .signal(let number): try send(number)
        case .inspect(let argument):
            // Nothing was seen where nothing can be looked at.
            let processes = try? SandboxProcesses(below: child.processID)
            link.tell(.inspected(processes?.inspect(argument: argument) ?? ProcessInspection()))
        case nil: return
        }
    }

    private mutating func endSibling() throws(Errno) {
        link = nil
        try send(SIGKILL)
    }

    // MARK: Calls

    private mutating func answer(_ report: (Supervisor.Event) -> Void) throws(Errno) {
        // Until the proof is over it is the proof that is refused, as it must be.
        guard let record = try broker?.answerNext(recording: isProved) else { return }
        switch record {
        case .denied(let denial):
            if let due = denials.take(denial) { report(.denied(due)) }
        case .permitted(let permit):
            if let due = permits.take(permit) { report(.permitted(due)) }
        }
    }

    private mutating func reportHeldBack(_ report: (Supervisor.Event) -> Void, atEnd: Bool = false) {
        guard denials.holdsBack || permits.holdsBack else { return }
        let now = Int64(time(nil))
        for denial in denials.due(at: now, atEnd: atEnd) { report(.denied(denial)) }
        for permit in permits.due(at: now, atEnd: atEnd) { report(.permitted(permit)) }
    }

    // MARK: Signals and the end

    private mutating func takeFarewell(_ reader: FileDescriptor) throws(Errno) {
        let code = try reader.readSome(limit: 1).first
        reader.discard()
        farewell = nil
        // Closed without a word: init has died, or the kernel has first to kill what is left of the payload.
        guard let code else { return }
        toldEnd = .exited(code: Int32(code))
        noteEnd()
    }

    private mutating func noteEnd() {
        hasEnded = true
        // Whoever shows what was written last has had time.
        if isOverdue { deadline = MonotonicClock.microseconds + Self.lastMoment }
    }

    private mutating func forwardSignals() throws(Errno) {
        while let signal = try Signals.wait(milliseconds: 0) {
            switch signal.number {
            case SIGWINCH where terminal != nil: try terminal?.resize()
            case SIGTSTP where terminal != nil: try suspend()
            case SIGCONT where terminal != nil: try terminal?.attach()
            case SIGCHLD, SIGURG, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGPIPE, SIGXFSZ: continue
            case SIGTERM, SIGINT, SIGQUIT, SIGABRT:
                if !isStopping {
                    isStopping = true
                    deadline = MonotonicClock.microseconds + Int64(Supervisor.grace) * 1000
                    relay?.stop()
                }
                try send(signal.number)
            // All others are the payload's to handle.
            default: try send(signal.number)
            }
        }
    }

    /// Stops this process, as a program on a terminal does that is asked to, or that finds itself in the background: with
    /// the terminal as it was. The payload goes on; nobody answers its calls meanwhile.
    private mutating func suspend() throws(Errno) {
        terminal?.detach()
        // One that is being ended has to see that through.
        guard !isStopping else { return }
        try Signals.send(SIGSTOP, to: OwnProcess.processID)
        try terminal?.attach()
    }

    private func send(_ number: Int32) throws(Errno) {
        do throws(Errno) {
            try child.send(signal: number)
        } catch {
            guard error == .noSuchProcess else { throw error }
        }
    }

    private mutating func end(_ report: (Supervisor.Event) -> Void) throws(Errno) -> Supervisor.Outcome {
        // The other end is closed now: what is left to read tells why a start failed.
        while let channel { try takeMessage(channel, report) }
        let end = if let toldEnd { toldEnd } else { try child.wait() }
        try relay?.finish()
        var records: [JSON] = []
        try desk?.end { records.append($0) }
        for record in records { note(record, report) }
        try proxy?.end()
        reportHeldBack(report, atEnd: true)
        if let failure {
            return .failed(
                EnforcementError(step: plan.steps[failure.index], errno: failure.errno, detail: failure.detail))
        }
        switch end {
        // Init ends as the payload's process does: of one killed before exec nothing else tells.
        case .exited(let code) where code > 128 && !wasExecuted: return .payloadKilled(signal: code - 128)
        case .exited where !wasExecuted:
            return .failed(
                EnforcementError(
                    step: .startPayload, errno: .noChildProcess,
                    detail: "init or the payload's process ended before the program was executed"))
        case .exited(let code): return .ended(code: code, wasReady: relay?.isReady ?? false)
        case .killed(SIGKILL) where isOverdue || isEndedByKeys:
            return .ended(code: ExitCode.killed(bySignal: SIGKILL), wasReady: relay?.isReady ?? false)
        case .killed(let signal): return .initKilled(signal: signal)
        }
    }
}
