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
        processIdentifier = try TestSpawn.start(path, arguments, environment: environment) { actions in
            for (index, end) in [given.reading, output.writing, errors.writing].enumerated() {
                posix_spawn_file_actions_adddup2(&actions, end.descriptor, Int32(index))
            }
        }
        self.output = output.reading
        self.errors = errors.reading
        given.writing.write(input)
    }

    var isRunning: Bool { end(WNOHANG) == nil }

    /// Waits for its end: the code, or the number of the signal that ended it, negative.
    func end() async -> Int32 {
        await blocking { [self] in
            end(0).map(TestSpawn.code) ?? -1
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
        guard pipe(&descriptors) == 0 else { throw TestSpawn.NotStarted(errno: errno) }
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
