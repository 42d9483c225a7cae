import Dispatch
import Glibc
package import NIOCore
import Synchronization

/// A browser that was started here and is driven over pipes.
///
/// It leads a session and a process group of its own, which all of its processes stay in. When it ends, however it ends,
/// what is left of the group is killed. It ends too when this process does, however that ends: it has nobody to serve once
/// its pipe is closed.
package final class BrowserProcess: Sendable {
    /// How it ended.
    package enum End: Equatable, Sendable {
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    private struct State {
        /// The ends of its pipes that are ours, until a connection takes them.
        var pipes: (reading: Int32, writing: Int32)?
        /// Whether the kernel may have given its number to another process.
        var isReaped = false
        var end: End?
        var waiting: [CheckedContinuation<End, Never>] = []
        var complaints: [UInt8] = []
    }

    /// The process, whose number is its group's and its session's too.
    package let processID: Int32
    private let grace: Duration
    private let state: Mutex<State>

    /// The end of what it writes to standard error that is kept, in bytes.
    private static let complaintLimit = 8 << 10

    private init(processID: Int32, grace: Duration, reading: Int32, writing: Int32) {
        self.processID = processID
        self.grace = grace
        state = Mutex(State(pipes: (reading, writing)))
    }

    deinit {
        guard let pipes = state.withLock({ $0.pipes }) else { return }
        close(pipes.reading)
        close(pipes.writing)
    }

    /// Starts `program`. Throws `DevToolsError.notStarted`.
    package static func start(_ program: BrowserProgram) throws(DevToolsError) -> BrowserProcess {
        let spawn = try BrowserSpawn(program)
        let process = BrowserProcess(
            processID: spawn.processID, grace: program.grace, reading: spawn.reading, writing: spawn.writing)
        // Each waits in a thread of its own: only the kernel knows when it is over.
        DispatchQueue(label: "browser-errors").async { process.listen(to: spawn.errors) }
        DispatchQueue(label: "browser-end").async { process.reap() }
        return process
    }

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

    /// Waits for its end.
    package func waitForEnd() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Ends it, with its whole group: asks it to (SIGTERM), and kills what is left after the program's grace.
    @discardableResult
    package func end() async -> End {
        signal(SIGTERM)
        let killing = Task {
            // Cancelled means that it ended.
            guard (try? await Task.sleep(for: grace)) != nil else { return }
            signal(SIGKILL)
        }
        defer { killing.cancel() }
        return await waitForEnd()
    }

    /// Sends `number` to its group, while that is its group.
    private func signal(_ number: Int32) {
        state.withLock { state in
            guard !state.isReaped else { return }
            kill(-processID, number)
        }
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

    /// Waits for its end, kills what it left behind, and tells of it when nothing is left.
    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        // Until it is reaped its number is its group's.
        kill(-processID, SIGKILL)
        var status: Int32 = 0
        state.withLock { state in
            state.isReaped = true
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        }
        // Killed processes take a moment to be gone. Signal 0 is sent to nobody, whosever group this is by now (kill(2)).
        var patience = 1000
        while kill(-processID, 0) == 0, patience > 0 {
            usleep(2000)
            patience -= 1
        }
        let end: End =
            status & 0x7F == 0 ? .exited(code: status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
        let waiting = state.withLock { state in
            state.end = end
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume(returning: end) }
    }
}
