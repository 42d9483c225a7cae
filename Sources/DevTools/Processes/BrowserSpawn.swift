import Glibc

/// A browser's program being started (posix_spawn(3)).
///
/// Chromium reads commands from descriptor 3 and writes answers to 4 (`--remote-debugging-pipe`). Standard error comes back to
/// us too. Nothing else that is open in this process is open in it: not every library has its sockets closed by exec.
struct BrowserSpawn {
    let processID: Int32
    /// Where its answers come from.
    let reading: Int32
    /// Where commands to it go.
    let writing: Int32
    /// Where what it writes to standard error comes from.
    let errors: Int32

    /// Throws `DevToolsError.notStarted`.
    init(_ program: BrowserProgram) throws(DevToolsError) {
        let commands = try Self.pipe(for: program)
        let answers = try Self.pipe(for: program, orClose: commands)
        let errors = try Self.pipe(for: program, orClose: commands, answers)
        defer {
            for number in [commands.reader, answers.writer, errors.writer] { close(number) }
        }
        do throws(DevToolsError) {
            processID = try Self.start(
                program, commands: commands.reader, answers: answers.writer, errors: errors.writer)
        } catch {
            for number in [commands.writer, answers.reader, errors.reader] { close(number) }
            throw error
        }
        (reading, writing, self.errors) = (answers.reader, commands.writer, errors.reader)
    }

    private typealias Ends = (reader: Int32, writer: Int32)

    /// Two connected descriptors, both closed by exec and neither of them a number that the program finds something else at.
    private static func pipe(for program: BrowserProgram, orClose others: Ends...) throws(DevToolsError) -> Ends {
        var ends: [Int32] = [-1, -1]
        var numbers: [Int32] = []
        var fault: Int32 = 0
        // Pipes would not be closed by exec from the first moment on: Swift does not import pipe2(2).
        if socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 {
            numbers = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
            if numbers.contains(-1) { fault = errno }
            for end in ends { close(end) }
        } else {
            fault = errno
        }
        guard fault == 0 else {
            for number in numbers + others.flatMap({ [$0.reader, $0.writer] }) where number >= 0 { close(number) }
            throw failed(program, fault)
        }
        return (numbers[0], numbers[1])
    }

    private static func start(
        _ program: BrowserProgram, commands: Int32, answers: Int32, errors: Int32
    ) throws(DevToolsError) -> Int32 {
        let texts = [program.executable] + program.arguments + program.environment.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw .notStarted(program.executable, reason: "an argument or a variable holds a NUL character")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        posix_spawn_file_actions_adddup2(&actions, commands, 3)
        posix_spawn_file_actions_adddup2(&actions, answers, 4)
        // Some more, for what is opened meanwhile: it gets the lowest number that is free. Closing what is not open is no
        // fault.
        for number in 5...highestDescriptor() + 256 { posix_spawn_file_actions_addclose(&actions, number) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | setsidFlag))
        let words =
            ([program.executable, BrowserProgram.pipeArgument] + program.arguments).map { strdup($0) } + [nil]
        let variables = program.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, program.executable, &actions, &attributes, words, variables)
        guard result == 0 else { throw failed(program, result) }
        return process
    }

    /// The highest number of a descriptor that is open in this process; 65,535 where /proc is not to be seen.
    private static func highestDescriptor() -> Int32 {
        guard let directory = opendir("/proc/self/fd") else { return 65_535 }
        defer { closedir(directory) }
        var highest: Int32 = 4
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            highest = max(highest, Int32(name) ?? 0)
        }
        return highest
    }

    /// POSIX_SPAWN_SETSID (spawn.h), which Swift does not import.
    private static let setsidFlag: Int32 = 0x80

    private static func failed(_ program: BrowserProgram, _ number: Int32) -> DevToolsError {
        .notStarted(program.executable, reason: String(cString: strerror(number)))
    }
}
