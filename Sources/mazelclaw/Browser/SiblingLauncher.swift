import DevTools
import Dispatch
import Glibc
import Linux
import Policy
import Synchronization
import SystemPackage

/// Has browsers started by the launcher's supervisor, each in a sandbox of its own beside this process's.
struct SiblingLauncher: BrowserLauncher {
    /// Where to ask.
    let socket: Channel

    /// The kind of sibling, by its name in policies.
    private static let kind = "browser"

    func start(_ program: BrowserProgram) async throws(DevToolsError) -> LaunchedBrowser {
        let request = SiblingRequest(
            kind: Self.kind, program: program.executable, arguments: [BrowserProgram.pipeArgument] + program.arguments)
        func failure(_ reason: String) -> DevToolsError { .notStarted(program.executable, reason: reason) }
        var ours: [FileDescriptor] = []
        let life: SiblingLife
        do throws(Errno) {
            var theirs: [FileDescriptor] = []
            defer { for descriptor in theirs { descriptor.discard() } }
            let (own, other) = try Channel.pair()
            ours.append(own.descriptor)
            theirs.append(other.descriptor)
            // What it writes comes from the first and the last; commands go to the second.
            for isRead in [true, false, true] {
                let pipe = try Pipe()
                ours.append(isRead ? pipe.reader : pipe.writer)
                theirs.append(isRead ? pipe.writer : pipe.reader)
            }
            try socket.send(request.bytes, with: theirs)
            life = SiblingLife(own)
        } catch {
            for descriptor in ours { descriptor.discard() }
            throw failure("the launcher cannot be asked for it: \(error.name) (\(error))")
        }
        if let reason = await life.start() {
            for descriptor in ours.dropFirst() { descriptor.discard() }
            throw failure(reason)
        }
        return LaunchedBrowser(
            reading: ours[3].rawValue, writing: ours[2].rawValue, errors: ours[1].rawValue, life: life)
    }
}

/// The life of a sibling, as its supervisor tells of it.
private final class SiblingLife: BrowserLife {
    private struct State {
        /// Who waits for its start, until it is known how that went.
        var starting: CheckedContinuation<String?, Never>?
        /// Who waits for what was found, in the order they asked.
        var inspecting: [CheckedContinuation<BrowserInspection?, Never>] = []
        var end: BrowserProcess.End?
        var isOver = false
    }

    private let channel: Channel
    private let state = Mutex(State())
    private let over = DispatchSemaphore(value: 0)

    init(_ channel: Channel) { self.channel = channel }

    deinit { channel.descriptor.discard() }

    /// Not seen from here: it is in another PID namespace.
    var processID: Int32? { nil }

    /// Waits until it runs. Returns why it does not; nil when it does.
    func start() async -> String? {
        await withCheckedContinuation { continuation in
            state.withLock { $0.starting = continuation }
            DispatchQueue(label: "browser-sibling").async { self.listen() }
        }
    }

    func signal(_ number: Int32) { order(.signal(number)) }

    func waitForEnd() -> BrowserProcess.End {
        over.wait()
        return state.withLock { $0.end } ?? .killed(signal: SIGKILL)
    }

    func inspect(argument: String) async -> BrowserInspection? {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.inspecting.append(continuation) }
                return state.isOver
            }
            if isOver { return continuation.resume(returning: nil) }
            order(.inspect(argument: argument))
        }
    }

    /// A supervisor that has gone hears nothing, and its end is told as the sibling's.
    private func order(_ order: SiblingOrder) {
        _ = try? channel.descriptor.sendDatagram(order.bytes)
    }

    // MARK: Thread

    private func listen() {
        while true {
            let event: SiblingEvent?
            do {
                event = try channel.waitForMessage().map { try SiblingEvent(bytes: $0) }
            } catch {
                // What is no event comes from no supervisor of ours.
                event = nil
            }
            guard let event else { break }
            switch event {
            case .started: startIsOver(nil)
            case .failed(let reason): startIsOver(reason)
            case .inspected(let seen):
                let waiter = state.withLock { $0.inspecting.isEmpty ? nil : $0.inspecting.removeFirst() }
                waiter?.resume(
                    returning: BrowserInspection(
                        found: seen.found, inNestedNamespace: seen.inNestedNamespace,
                        underFurtherFilter: seen.underFurtherFilter, memory: seen.memory))
            case .ended(let code):
                state.withLock { $0.end = code > 128 ? .killed(signal: code - 128) : .exited(code: code) }
            }
        }
        startIsOver("its supervisor has ended")
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.inspecting = [] }
            return state.inspecting
        }
        for waiter in waiting { waiter.resume(returning: nil) }
        over.signal()
    }

    private func startIsOver(_ reason: String?) {
        let waiter = state.withLock { state in
            defer { state.starting = nil }
            return state.starting
        }
        waiter?.resume(returning: reason)
    }
}
