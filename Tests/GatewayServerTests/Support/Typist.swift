import Foundation
import Synchronization
import Testing

/// A command that was started at a terminal of its own, and somebody who reads and types there.
final class Typist: Sendable {
    let processIdentifier: pid_t
    private let terminal: Int32
    private let seen = Mutex<[UInt8]>([])
    /// As wait(2) gives it; nil while it runs.
    private let status = Mutex<Int32?>(nil)

    /// Starts `command` with `arguments`, in the same environment as its other runs.
    init(_ command: BuiltCommand, _ arguments: [String]) throws {
        terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var (isLocked, number): (Int32, Int32) = (0, 0)
        // TIOCSPTLCK and TIOCGPTN of ioctl_tty(2), which Swift does not import.
        guard terminal >= 0, ioctl(terminal, 0x4004_5431, &isLocked) == 0, ioctl(terminal, 0x8004_5430, &number) == 0
        else { throw TestSpawn.NotStarted(errno: errno) }
        let name = "/dev/pts/\(number)"
        processIdentifier = try TestSpawn.start(
            command.executable.path, arguments, environment: command.environment, isLeader: true
        ) { actions in
            // Opened by the leader of a new session, it controls that.
            posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
            for number: Int32 in 1...2 { posix_spawn_file_actions_adddup2(&actions, 0, number) }
        }
    }

    deinit {
        if status.withLock({ $0 }) == nil {
            kill(processIdentifier, SIGKILL)
            waitpid(processIdentifier, nil, 0)
        }
        close(terminal)
    }

    /// Everything that was shown until now.
    var shown: String {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = read(terminal, &piece, piece.count), count > 0 {
            seen.withLock { $0 += piece[..<count] }
        }
        return seen.withLock { String(decoding: $0, as: UTF8.self) }
    }

    /// Waits until `text` has been shown `times` times.
    func expect(_ text: String, times: Int = 1, _ place: SourceLocation = #_sourceLocation) async throws {
        let isShown = try await eventually { self.shown.components(separatedBy: text).count > times }
        try #require(isShown, "\(text) is not shown \(times) times: \(shown)", sourceLocation: place)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(terminal, bytes, bytes.count)
    }

    func send(_ signal: Int32) { kill(processIdentifier, signal) }

    /// Waits for its end: the code, or the number of the signal that ended it, negative.
    func end() async throws -> Int32 {
        let hasEnded = try await eventually {
            // What nobody reads would hold it up.
            _ = self.shown
            return self.status.withLock { status in
                var value: Int32 = 0
                if status == nil, waitpid(self.processIdentifier, &value, WNOHANG) == self.processIdentifier {
                    status = value
                }
                return status != nil
            }
        }
        try #require(hasEnded, "it does not end: \(shown)")
        return TestSpawn.code(ofStatus: status.withLock { $0 } ?? 0)
    }
}
