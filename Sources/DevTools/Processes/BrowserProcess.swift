import Dispatch
import Glibc
package import NIOCore
import Synchronization

/// A browser that was started here and is driven over pipes.
///
/// When it ends, however it ends, nothing of it is left. It ends too when this process does, however that ends: it has nobody
/// to serve once its pipe is closed.
package final class BrowserProcess: Sendable {
    /// How it ended.
    package enum End: Equatable, Sendable {
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    private struct State {
        /// The ends of its pipes that are ours, until a connection takes them.
        var pipes: (reading: Int32, writing: Int32)?
        var end: End?
        var waiting: [CheckedContinuation<End, Never>] = []
        var complaints: [UInt8] = []
    }

    private let life: any BrowserLife
    private let grace: Duration
    private let state: Mutex<State>

    /// The end of what it writes to standard error that is kept, in bytes.
    private static let complaintLimit = 8 << 10

    private init(_ launched: LaunchedBrowser, grace: Duration) {
        life = launched.life
        self.grace = grace
        state = Mutex(State(pipes: (launched.reading, launched.writing)))
    }

    deinit {
        guard let pipes = state.withLock({ $0.pipes }) else { return }
        close(pipes.reading)
        close(pipes.writing)
    }

    /// Has `program` started by `launcher`. Throws `DevToolsError.notStarted`.
    package static func start(
        _ program: BrowserProgram, by launcher: any BrowserLauncher = ChildLauncher()
    ) async throws(DevToolsError) -> BrowserProcess {
        let launched = try await launcher.start(program)
        let process = BrowserProcess(launched, grace: program.grace)
        // Each waits in a thread of its own: only the kernel knows when it is over.
        DispatchQueue(label: "browser-errors").async { process.listen(to: launched.errors) }
        DispatchQueue(label: "browser-end").async { process.note(process.life.waitForEnd()) }
        return process
    }

    /// The process, whose number is its group's too; nil for one that is out of sight.
    package var processID: Int32? { life.processID }

    /// How the kernel holds its processes that have this argument, as somebody outside sees them; nil where nobody tells.
    package func inspect(argument: String) async -> BrowserInspection? { await life.inspect(argument: argument) }

    /// Connects to it, once. Throws `DevToolsError`.
    package func connect(
        on group: any EventLoopGroup, limits: DevToolsLimits = DevToolsLimits()
    ) async throws(DevToolsError) -> DevToolsConnection {
        let pipes = state.withLock { state in
            defer { state.pipes = nil }
            return state.pipes
        }
        guard let pipes else { throw .unreachable("its pipes", reason: "there is a connection already") }
        return try await DevToolsConnection.open(
            reading: pipes.reading, writing: pipes.writing, on: group, limits: limits)
    }

    /// How it ended; nil while it runs.
    package var ended: End? { state.withLock { $0.end } }

    /// The end of what it wrote to standard error so far.
    package var complaints: String {
        let text = String(decoding: state.withLock { $0.complaints }.suffix(Self.complaintLimit), as: UTF8.self)
        return text.lastIndex { !$0.isWhitespace }.map { String(text[...$0]) } ?? ""
    }

    /// Waits until the process has ended, and says how. Returns at once when it has ended already.
    package func waitForEnd() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Ends it, with all that it has started: asks it to (SIGTERM), and kills what is left after the program's grace.
    @discardableResult
    package func end() async -> End {
        life.signal(SIGTERM)
        let killing = Task {
            // Cancelled means that it ended.
            guard (try? await Task.sleep(for: grace)) != nil else { return }
            life.signal(SIGKILL)
        }
        defer { killing.cancel() }
        return await waitForEnd()
    }

    // MARK: Threads

    private func listen(to errors: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(errors, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            state.withLock { state in
                state.complaints += buffer.prefix(count)
                guard state.complaints.count > 2 * Self.complaintLimit else { return }
                state.complaints.removeFirst(state.complaints.count - Self.complaintLimit)
            }
        }
        close(errors)
    }

    /// Tells of its end, when nothing is left.
    private func note(_ end: End) {
        let waiting = state.withLock { state in
            state.end = end
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume(returning: end) }
    }
}
