import CProbe
import Foundation

/// Starts programs beside the tests, without Foundation's `Process`.
enum TestSpawn {
    struct NotStarted: Error {
        let errno: Int32
    }

    /// Starts the program at `path`, with the standard streams that `streams` opens and nothing else open, in a session of its
    /// own when `isLeader` is set. Returns its process ID.
    static func start(
        _ path: String, _ arguments: [String], environment: [String: String], isLeader: Bool = false,
        streams: (inout posix_spawn_file_actions_t) -> Void
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        streams(&actions)
        probe_spawn_close_from(&actions, 3)
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
        // POSIX_SPAWN_SETSID, which Swift does not import.
        let session: Int32 = isLeader ? 0x80 : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | session))
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let fault = posix_spawn(&child, path, &actions, &attributes, &words, &variables)
        guard fault == 0 else { throw NotStarted(errno: fault) }
        return child
    }

    /// The code of a wait status (waitpid(2)), or the number of the signal that ended it, negative.
    static func code(ofStatus status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : -signal
    }
}
