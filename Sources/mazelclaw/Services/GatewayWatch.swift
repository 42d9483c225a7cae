import Glibc
import Linux
import Policy
import SystemPackage

/// Watches over a launcher as a service manager does with the unit: ready, watchdog, restarts, an end to them.
struct GatewayWatch {
    private let command: [String]
    private let environment: [String: String]
    /// Where the launcher tells how it fares.
    private let notifications: Int32
    /// What a signal's handler wrote.
    private let signals: Int32
    /// When the launcher was started, each time (CLOCK_MONOTONIC, in microseconds).
    private var starts: [Int64] = []
    private var wasReady = false
    private var isStopping = false

    /// The unit's WatchdogSec=, TimeoutStartSec=, RestartSec=, StartLimitIntervalSec=, StartLimitBurst= and
    /// TimeoutStopSec=, in microseconds.
    private static let watchdog: Int64 = 30_000_000
    private static let patience: Int64 = 60_000_000
    private static let pause: Int64 = 2_000_000
    private static let limitInterval: Int64 = 300_000_000
    private static let limit = 5
    private static let grace: Int64 = 20_000_000

    /// A watch over `launcher` for `profile`, which tells `notifications`, a path, how it fares.
    ///
    /// Throws `ServiceError` when the socket or the handlers cannot be had.
    init(
        launcher: AbsolutePath, profile: ProfileName, notifications path: AbsolutePath, environment: [String: String]
    ) throws(ServiceError) {
        guard let address = NotificationAddress(path.text) else {
            throw ServiceError(
                "\(path) is too long for a socket's name (unix(7)); set XDG_STATE_HOME to a shorter place")
        }
        command = [launcher.text, "--profile", profile.text]
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        unlink(path.text)
        let bytes = address.socketAddress
        let result = bytes.withUnsafeBytes { buffer in
            buffer.withMemoryRebound(to: sockaddr.self) { bind(socket, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard result == 0 else { throw ServiceError("cannot listen on \(path): \(String(cString: strerror(errno)))") }
        notifications = socket
        signals = try WatchSignals.take()
        var environment = environment
        for name in ServiceManager.variables { environment[name] = nil }
        environment["NOTIFY_SOCKET"] = path.text
        environment["WATCHDOG_USEC"] = "\(Self.watchdog)"
        self.environment = environment
    }

    /// Runs the launcher until it ends well, is to be stopped, or is not to be tried again; returns the exit status. Tells
    /// `ready` once, when it is ready for the first time.
    mutating func run(_ ready: () -> Void) throws(ServiceError) -> Int32 {
        while true {
            let now = MonotonicClock.microseconds
            starts = starts.filter { now - $0 < Self.limitInterval } + [now]
            let code = try runOnce(ready)
            if isStopping { return 0 }
            // What systemd counts as a clean end (Restart=on-failure, systemd.service(5)).
            guard ![0, 128 + SIGHUP, 128 + SIGINT, 128 + SIGTERM, 128 + SIGPIPE].contains(code) else { return 0 }
            guard !ExitCode.final.contains(where: { $0.rawValue == code }) else { return code }
            // Whoever waits for the start is told at once.
            guard wasReady else { return code }
            guard starts.count < Self.limit else {
                Output.error(
                    "mazelclaw: the launcher ended \(starts.count) times within 5 minutes, and is not started again")
                return code
            }
            Output.error("mazelclaw: the launcher ended with \(code), and is started again")
            guard pause() else { return 0 }
        }
    }

    /// One life of the launcher; returns its exit status.
    private mutating func runOnce(_ ready: () -> Void) throws(ServiceError) -> Int32 {
        let process = try Spawn.start(
            command, environment: environment, output: STDERR_FILENO, errors: STDERR_FILENO)
        /// When something has to be done about a launcher that is silent or does not end; nil while it need not be.
        var deadline: Int64? = MonotonicClock.microseconds + Self.patience
        var isToEnd = false
        while true {
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process { return Spawn.code(ofStatus: status) }
            for event in wait(until: deadline) {
                switch event {
                case .ended: continue
                case .stop where !isStopping:
                    isStopping = true
                    isToEnd = true
                    kill(process, SIGTERM)
                    deadline = MonotonicClock.microseconds + Self.grace
                case .stop: continue
                case .told(let text):
                    let lines = text.split(separator: "\n")
                    if lines.contains("READY=1"), !wasReady {
                        wasReady = true
                        ready()
                    }
                    if !isToEnd, lines.contains("WATCHDOG=1") || lines.contains("READY=1") {
                        deadline = MonotonicClock.microseconds + Self.watchdog
                    }
                case .late:
                    Output.error(
                        "mazelclaw: the launcher \(isToEnd ? "does not end and is killed" : "is hung and aborted")")
                    kill(process, isToEnd ? SIGKILL : SIGABRT)
                    deadline = isToEnd ? nil : MonotonicClock.microseconds + Self.grace
                    isToEnd = true
                }
            }
        }
    }

    private enum Event {
        case ended, stop, late
        case told(String)
    }

    /// Waits for what happens next, until `deadline` at most.
    private func wait(until deadline: Int64?) -> [Event] {
        let left = deadline.map { max(0, $0 - MonotonicClock.microseconds) }
        var waiting = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: notifications, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&waiting, 2, left.map { Int32(clamping: ($0 + 999) / 1000) } ?? -1)
        if count == 0 { return [.late] }
        var events: [Event] = []
        var buffer = [UInt8](repeating: 0, count: ServiceNotification.limit)
        if waiting[0].revents != 0 {
            let size = read(signals, &buffer, buffer.count)
            events += buffer.prefix(max(0, size)).map { $0 == WatchSignals.child ? .ended : .stop }
        }
        if waiting[1].revents != 0 {
            let size = recv(notifications, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if size > 0 { events.append(.told(String(decoding: buffer.prefix(size), as: UTF8.self))) }
        }
        return events
    }

    /// Waits before the next start; false when it is to be stopped meanwhile.
    private func pause() -> Bool {
        let end = MonotonicClock.microseconds + Self.pause
        while true {
            for event in wait(until: end) {
                switch event {
                case .late: return true
                case .stop: return false
                case .ended, .told: continue
                }
            }
        }
    }
}
