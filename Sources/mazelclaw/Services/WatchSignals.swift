import Glibc
import Linux
import SystemPackage

/// Turns signals into bytes of a pipe, which can be waited for with everything else.
enum WatchSignals {
    /// The byte that stands for SIGCHLD.
    static let child: UInt8 = 1
    private nonisolated(unsafe) static var writer: Int32 = -1

    /// Takes over SIGCHLD and what asks for an end; returns where they can be read.
    static func take() throws(ServiceError) -> Int32 {
        let ends: Pipe
        do {
            ends = try Pipe()
        } catch {
            throw ServiceError("cannot make a pipe: \(error)")
        }
        // A handler must not wait: what has no room in the pipe changes nothing, for something is in it.
        _ = fcntl(ends.writer.rawValue, F_SETFL, O_NONBLOCK)
        // Written once, before there is a handler.
        writer = ends.writer.rawValue
        for number in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] {
            signal(number) { number in
                var byte: UInt8 = number == SIGCHLD ? 1 : 2
                _ = write(WatchSignals.writer, &byte, 1)
            }
        }
        return ends.reader.rawValue
    }
}
