import Glibc
import Linux
import SystemPackage

/// Starts programs (posix_spawn(3)), without a task or a thread: for commands that act before they become another user.
enum Spawn {
    /// How a program ended, and what it said.
    struct Ended {
        /// Its exit status, or 128 and the signal that killed it.
        let code: Int32
        /// What it wrote, to standard output and to standard error.
        let output: String
    }

    /// Runs `command`, found in PATH, to its end. Nothing is typed to it.
    ///
    /// Throws `ServiceError` when it cannot be started.
    static func run(_ command: [String], environment: [String: String]) throws(ServiceError) -> Ended {
        let ends = try pipe(for: command[0])
        defer { ends.reader.discard() }
        let process: pid_t
        do {
            defer { ends.writer.discard() }
            process = try start(
                command, environment: environment, output: ends.writer.rawValue, errors: ends.writer.rawValue)
        }
        let said = rest(of: ends.reader.rawValue)
        return Ended(code: end(of: process), output: said)
    }

    /// Starts `command` in a session of its own, with standard error going to `errors`, and returns what it writes to standard
    /// output until it closes that. It may go on.
    static func detach(
        _ command: [String], environment: [String: String], errors: Int32
    ) throws(ServiceError) -> String {
        let ends = try pipe(for: command[0])
        defer { ends.reader.discard() }
        do {
            defer { ends.writer.discard() }
            _ = try start(
                command, environment: environment, output: ends.writer.rawValue, errors: errors, isDetached: true)
        }
        return rest(of: ends.reader.rawValue)
    }

    /// A pipe for what `program` writes.
    static func pipe(for program: String) throws(ServiceError) -> Pipe {
        do {
            return try Pipe()
        } catch {
            throw failed(program, error.rawValue)
        }
    }

    /// All that is written to a pipe until its end.
    static func rest(of reader: Int32) -> String {
        var said: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(reader, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            said += buffer.prefix(count)
        }
        return String(decoding: said, as: UTF8.self)
    }

    /// Starts `command`, found in PATH, with standard output going to `output` and standard error to `errors`, and returns its
    /// process ID. It reads `input`; nothing when that is nil. With `isDetached` it leads a session of its own, and no terminal's
    /// end is its end.
    static func start(
        _ command: [String], environment: [String: String], input: Int32? = nil, output: Int32, errors: Int32,
        isDetached: Bool = false
    ) throws(ServiceError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigfillset(&defaults)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (isDetached ? setsidFlag : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let words = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let result = posix_spawnp(&process, command[0], &actions, &attributes, words, variables)
        guard result == 0 else { throw failed(command[0], result) }
        return process
    }

    /// POSIX_SPAWN_SETSID (spawn.h), which Swift does not import.
    private static let setsidFlag: Int32 = 0x80

    /// Waits until `process`, which this one started, has ended, and returns what a shell would say of that.
    static func end(of process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        return code(ofStatus: status)
    }

    /// What a shell would say of a wait status (waitpid(2)).
    static func code(ofStatus status: Int32) -> Int32 {
        status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    private static func failed(_ program: String, _ number: Int32) -> ServiceError {
        ServiceError("cannot start \(program): \(String(cString: strerror(number)))")
    }
}
