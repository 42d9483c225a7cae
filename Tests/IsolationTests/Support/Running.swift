import CProbe
import Foundation
import Glibc

/// A process the tests have started, its output in files.
final class Running {
    /// How it ended.
    struct Ended {
        /// The exit code; nil when a signal ended it.
        let code: Int32?
        /// The signal that ended it.
        let signal: Int32?
        let outputBytes: [UInt8]
        let errors: String
        var output: String { String(decoding: outputBytes, as: UTF8.self) }
        /// The sentences of the launcher's on standard error,
        /// without the one about a memory limit that no profile of these tests has.
        var sentences: [Substring] {
            errors.split(separator: "\n")
                .filter { $0.hasPrefix("mazelclaw-run: ") && !$0.contains(" has no limit on memory: ") }
        }
    }

    /// It did not end in time, and was killed.
    struct Overdue: Error, CustomStringConvertible {
        let command: String
        let output: String
        var description: String { "\(command) did not end in time: \(output)" }
    }

    /// What a process starts with beside its arguments.
    struct Setup {
        /// All of its environment.
        var environment: [String: String] = [:]
        /// Files to open for it, for reading unless the number is in `written`.
        var descriptors: [Int32: String] = [:]
        /// Which of them are for writing.
        var written: Set<Int32> = []
        /// Which of 0, 1 and 2 are closed.
        var closed: Set<Int32> = []
    }

    let processID: pid_t
    private let command: [[UInt8]]
    private let outputFile: String
    private let errorFile: String
    private var ended: Ended?

    init(_ command: [[UInt8]], files: String, _ setup: Setup) throws {
        self.command = command
        let name = UUID().uuidString
        outputFile = "\(files)/\(name).out"
        errorFile = "\(files)/\(name).err"
        processID = try Self.spawn(command, output: outputFile, errors: errorFile, setup)
    }

    deinit {
        guard ended == nil else { return }
        kill(processID, SIGKILL)
        var status: Int32 = 0
        waitpid(processID, &status, 0)
    }

    /// What it has written to standard output so far.
    var output: String { Files.read(outputFile) ?? "" }
    /// What it has written to standard error so far.
    var errors: String { Files.read(errorFile) ?? "" }

    func send(_ signal: Int32) { kill(processID, signal) }

    /// Waits for its end.
    @discardableResult
    func wait(seconds: Int = 60) throws -> Ended {
        if let ended { return ended }
        // The kernel tells of the end through a pidfd (pidfd_open(2)).
        let pidfd = Int32(probe_syscall(Int(SYS_pidfd_open), Int(processID), 0, 0, 0, 0, 0))
        defer { close(pidfd) }
        var ready = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        let inTime = poll(&ready, 1, Int32(seconds) * 1000) == 1
        if !inTime { kill(processID, SIGKILL) }
        var status: Int32 = 0
        waitpid(processID, &status, 0)
        let signal = status & 0x7F
        let end = Ended(
            code: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
            outputBytes: Files.bytes(outputFile) ?? [], errors: errors)
        ended = end
        guard inTime else { throw Overdue(command: words, output: end.output + end.errors) }
        return end
    }

    /// Waits until its output holds `text`.
    func waitForOutput(_ text: String, seconds: Int = 30) throws {
        guard eventually(seconds: seconds, { output.contains(text) }) else {
            throw Overdue(command: words, output: output + errors)
        }
    }

    private var words: String { command.map { String(decoding: $0.prefix(200), as: UTF8.self) }.joined(separator: " ") }

    private static func spawn(
        _ command: [[UInt8]], output: String, errors: String, _ setup: Setup
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Other tests of this process have much open, and not all of it is closed by exec.
        probe_spawn_close_from(&actions, 3)
        let create = O_WRONLY | O_CREAT | O_APPEND
        let standard =
            [(0, "/dev/null", O_RDONLY), (1, output, create), (2, errors, create)] as [(Int32, String, Int32)]
        for (number, path, flags) in standard {
            if setup.closed.contains(number) {
                posix_spawn_file_actions_addclose(&actions, number)
            } else {
                posix_spawn_file_actions_addopen(&actions, number, setup.descriptors[number] ?? path, flags, 0o666)
            }
        }
        for (number, path) in setup.descriptors where number > 2 {
            let flags = setup.written.contains(number) ? create : O_RDONLY
            posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o666)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments = command.map { duplicate($0) } + [nil]
        var environment = setup.environment.map { duplicate(Array("\($0.key)=\($0.value)".utf8)) } + [nil]
        defer { for word in arguments + environment { free(word) } }
        var child: pid_t = 0
        let error = posix_spawnp(&child, arguments[0] ?? strdup(""), &actions, &attributes, &arguments, &environment)
        guard error == 0 else {
            throw Files.Failure(path: String(decoding: command.first ?? [], as: UTF8.self), errno: error)
        }
        return child
    }

    private static func duplicate(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        (bytes + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { $0.baseAddress.flatMap { strdup($0) } }
    }
}

/// Whether `condition` comes true within `seconds`.
func eventually(seconds: Int, _ condition: () -> Bool) -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while clock.now < deadline {
        if condition() { return true }
        usleep(2000)
    }
    return condition()
}
