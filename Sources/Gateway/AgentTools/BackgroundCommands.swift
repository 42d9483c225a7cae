import Policy
import Synchronization
import Text

/// The commands that agents have running, and those that have ended a while ago.
final class BackgroundCommands: Sendable {
    /// How many may run at once, and how many that have ended are remembered.
    static let runningLimit = 32
    static let endedLimit = 64

    private let cage: ToolCage
    private let tasks: TaskSet
    private let state = Mutex<[RunningCommand]>([])

    init(cage: ToolCage, tasks: TaskSet) {
        self.cage = cage
        self.tasks = tasks
    }

    /// Starts `command`. Throws `ToolCage.Failure` when too many run. `report` is told now and then what it has written.
    func start(
        _ command: RunningCommand.Order, report: @escaping @Sendable (String) -> Void
    ) throws(ToolCage.Failure) -> RunningCommand {
        let running = RunningCommand(command, report: report)
        let isFull = state.withLock { all in
            guard all.count(where: { $0.end == nil }) < Self.runningLimit else { return true }
            let ended = all.filter { $0.end != nil }
            if ended.count > Self.endedLimit, let oldest = ended.first { all.removeAll { $0 === oldest } }
            all.append(running)
            return false
        }
        guard !isFull else {
            throw .refused(
                "\(Self.runningLimit) commands run already. End one with process, action kill, or wait for one to end.")
        }
        running.carry(by: tasks.start { [cage] in await running.run(in: cage) })
        return running
    }

    /// Those of `agent`, the oldest first.
    func all(of agent: String) -> [RunningCommand] { state.withLock { $0.filter { $0.order.agentID == agent } } }

    /// The one called `id`, of `agent`.
    func named(_ id: String, of agent: String) -> RunningCommand? { all(of: agent).first { $0.id == id } }

    /// Forgets one that has ended.
    func forget(_ command: RunningCommand) { state.withLock { $0.removeAll { $0 === command } } }
}

/// A command that runs in its cage, or has run.
final class RunningCommand: Sendable {
    /// What is to be run.
    struct Order: Sendable {
        var agentID: String
        /// The command of the shell.
        var text: String
        var workspace: AbsolutePath
        var directory: AbsolutePath
        var variables: [String: String]
        var kind: ToolCage.Kind
        /// After how long it is ended, in seconds.
        var seconds: Int64
    }

    /// How it ended.
    enum End: Sendable {
        case exited(Int)
        case signalled(Int)
        case timedOut
        case cutOff
        /// It did not run: a sentence.
        case failed(String)
    }

    private struct State {
        var window = OutputWindow()
        /// What nobody has asked for yet.
        var news = OutputWindow()
        var toldAt: ContinuousClock.Instant?
        var task: Task<Void, Never>?
        var report: (@Sendable (String) -> Void)?
    }

    let id: String
    let order: Order
    let start = ContinuousClock.now
    private let input = ProgramInput()
    private let ended = Awaited<End>()
    private let state: Mutex<State>

    init(_ order: Order, report: @escaping @Sendable (String) -> Void) {
        id = String(UUIDText.random().prefix(8))
        self.order = order
        state = Mutex(State(report: report))
    }

    /// How it ended; nil while it runs.
    var end: End? { ended.current }
    /// What it has written so far.
    var text: String { state.withLock { $0.window.text } }

    /// What it has written since this was asked last.
    func takeNews() -> String {
        state.withLock { state in
            defer { state.news = OutputWindow() }
            return state.news.text
        }
    }

    fileprivate func carry(by task: Task<Void, Never>) { state.withLock { $0.task = task } }

    /// Runs it to its end.
    fileprivate func run(in cage: ToolCage) async {
        let end: End
        do {
            switch try await cage.run(
                ["/bin/sh", "-c", order.text], order.kind, in: order.workspace, directory: order.directory,
                more: order.variables, time: .seconds(order.seconds), input: input, take: { [self] in append($0) })
            {
            case .exited(let code): end = .exited(code)
            case .signalled(let signal): end = .signalled(signal)
            }
        } catch is CancellationError {
            end = .cutOff
        } catch let error as ProgramError where error.isTimeout {
            end = .timedOut
        } catch {
            end = .failed("\(error)")
        }
        endInput()
        detach()
        ended.fulfil(end)
    }

    /// Tells it all, but not more often than four times a second: each time is the whole.
    private func append(_ bytes: [UInt8]) {
        let told = state.withLock { state -> (String, @Sendable (String) -> Void)? in
            state.window.append(bytes)
            state.news.append(bytes)
            guard let report = state.report else { return nil }
            let now = ContinuousClock.now
            if let toldAt = state.toldAt, now - toldAt < .milliseconds(250) { return nil }
            state.toldAt = now
            return (state.window.text, report)
        }
        if let (text, report) = told { report(text) }
    }

    /// Whoever called it does not wait any more: nobody is told how it goes on.
    func detach() { state.withLock { $0.report = nil } }

    /// Has it read `text`, and with `isEnd` nothing after that. Returns false, and does nothing, when too much waits to be read.
    func write(_ text: String, isEnd: Bool) -> Bool {
        guard text.isEmpty || input.write(Array(text.utf8)) else { return false }
        if isEnd { endInput() }
        return true
    }

    /// It reads nothing any more.
    func endInput() { input.end() }

    /// Ends it, with all it has started, and waits until that is so.
    func kill() async {
        let task = state.withLock { $0.task }
        task?.cancel()
        await task?.value
    }

    /// Waits until it has ended, at most `time`; for ever without one. When the waiting task is cancelled, it is ended.
    func wait(_ time: Duration?) async {
        do {
            if let time { _ = try await ended.wait(atMost: time) } else { _ = try await ended.wait() }
        } catch {
            // It must be gone before anybody is told so.
            await kill()
        }
    }
}
