import Gateway
import Glibc
import Linux
import SystemPackage

/// Waits for what ends or furthers a grant, and asks the administrator.
final class RepairTerminal {
    /// What happened first.
    enum Event {
        /// Somebody wants an end: Ctrl-C, a hangup, or `--revoke`.
        case stop
        /// The time that was waited for has come.
        case late
        /// The keeper tells something.
        case told([RepairKeeper.Message])
        /// The administrator typed a line; nil for the end of input.
        case typed(String?)
    }

    /// What a signal's handler wrote.
    private let signals: FileDescriptor
    private let input = FileDescriptor(rawValue: STDIN_FILENO)
    /// Whether somebody wanted an end. From then on that is what happens first.
    private var isStopping = false

    /// Takes over the signals that ask for an end. Throws `ServiceError`.
    init() throws(ServiceError) {
        signals = FileDescriptor(rawValue: try WatchSignals.take())
        // A helper that has ended is found out where it is waited for.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for what happens next, until `deadline` (CLOCK_MONOTONIC, in microseconds).
    func next(from keeper: RepairKeeper? = nil, typing: Bool = false, until deadline: Int64) -> Event {
        while true {
            if isStopping { return .stop }
            if let keeper, keeper.holdsMessages { return .told(keeper.messages()) }
            let left = max(0, deadline - MonotonicClock.microseconds)
            var places: [Readiness.Interest] = [.reading(signals)]
            if let keeper { places.append(.reading(keeper.output)) }
            if typing { places.append(.reading(input)) }
            let ready = (try? Readiness.wait(for: places, milliseconds: Int32(clamping: (left + 999) / 1000))) ?? []
            if ready.contains(where: { $0.index == 0 }) {
                let bytes = (try? signals.readSome(limit: 64)) ?? []
                if bytes.contains(where: { $0 != WatchSignals.child }) { isStopping = true }
                continue
            }
            if let keeper, ready.contains(where: { $0.index == 1 }) { return .told(keeper.messages()) }
            if typing, ready.contains(where: { $0.index == places.count - 1 && $0.index > 0 }) { return .typed(line()) }
            if MonotonicClock.microseconds >= deadline { return .late }
        }
    }

    /// Shows `question`, and waits for a line. What was typed before it was seen is no answer to it.
    func ask(_ question: String, until deadline: Int64) -> Event {
        tcflush(STDIN_FILENO, TCIFLUSH)
        Output.part(question)
        let event = next(typing: true, until: deadline)
        // The cursor stands behind the question.
        if case .typed = event {} else { Output.line("") }
        return event
    }

    /// The line that was typed. A terminal gives one at a time (termios(3), ICANON).
    private func line() -> String? {
        guard let bytes = try? input.readSome(limit: 4096), !bytes.isEmpty else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
