import Foundation
import Synchronization

/// A program that was started beside the tests. Whoever waits for it holds up nobody else.
///
/// Foundation's `Process` reads beyond the entries of /proc/self/fd, and ends the tests where memory ends there.
final class ChildProcess: Sendable {
    let processIdentifier: pid_t
    let output: PipeEnd
    let errors: PipeEnd
    /// As wait(2) gives it; nil while it runs.
    private let status = Mutex<Int32?>(nil)

    /// Starts the program at `path`, which can read `input`: less than a pipe holds.
    init(_ path: String, _ arguments: [String], environment: [String: String], input: [UInt8] = []) throws {
        let (given, output, errors) = (try PipeEnd.pair(), try PipeEnd.pair(), try PipeEnd.pair())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (index, end) in [given.reading, output.writing, errors.writing].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, end.descriptor, Int32(index))
        }
        // All of them: others open some just now, and many tests at once have thousands. One that is not open is passed
        // over.
        for number in 3..<min(getdtablesize(), 1 << 16) { posix_spawn_file_actions_addclose(&actions, number) }
        // What the tests ignore is not for the program to ignore.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let fault = posix_spawn(&child, path, &actions, &attributes, &words, &variables)
        guard fault == 0 else { throw NotStarted(errno: fault) }
        processIdentifier = child
        self.output = output.reading
        self.errors = errors.reading
        given.writing.write(input)
    }

    var isRunning: Bool { end(WNOHANG) == nil }

    /// Waits for its end: the code, or the number of the signal that ended it, negative.
    func end() async -> Int32 {
        await blocking { [self] in
            guard let status = end(0) else { return -1 }
            let signal = status & 0x7F
            return signal == 0 ? status >> 8 & 0xFF : -signal
        }
    }

    private func end(_ options: Int32) -> Int32? {
        status.withLock { status in
            var value: Int32 = 0
            while status == nil {
                let result = waitpid(processIdentifier, &value, options)
                if result == processIdentifier { status = value }
                if result == 0 || result < 0 && errno != EINTR { break }
            }
            return status
        }
    }
}

private struct NotStarted: Error {
    let errno: Int32
}

/// One end of a pipe, closed with its last holder.
final class PipeEnd: Sendable {
    let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        // A program that others start meanwhile would keep it open.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    static func pair() throws -> (reading: PipeEnd, writing: PipeEnd) {
        var descriptors: [Int32] = [0, 0]
        guard pipe(&descriptors) == 0 else { throw NotStarted(errno: errno) }
        return (PipeEnd(descriptors[0]), PipeEnd(descriptors[1]))
    }

    /// What comes next; empty at the end.
    func next() async -> [UInt8] {
        await blocking { [self] in
            var chunk = [UInt8](repeating: 0, count: 16 << 10)
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                if count >= 0 { return Array(chunk[..<count]) }
                guard errno == EINTR else { return [] }
            }
        }
    }

    /// Everything until the end.
    func rest() async -> [UInt8] {
        var text: [UInt8] = []
        while case let more = await next(), !more.isEmpty { text += more }
        return text
    }

    func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// Does what blocks on a thread of its own: the tests share a few.
private func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}
