import Glibc
import Synchronization

/// Starts browsers' programs as children of this process, where it is itself.
package struct ChildLauncher: BrowserLauncher {
    /// A launcher.
    package init() {}

    package func start(_ program: BrowserProgram) throws(DevToolsError) -> LaunchedBrowser {
        let spawn = try BrowserSpawn(program)
        return LaunchedBrowser(
            reading: spawn.reading, writing: spawn.writing, errors: spawn.errors,
            life: ChildLife(child: spawn.processID))
    }
}

/// The life of a child of this process.
///
/// It leads a session and a process group of its own, which all of its processes stay in. When it ends, however it ends,
/// what is left of the group is killed.
private final class ChildLife: BrowserLife {
    private let child: Int32
    /// Whether the kernel may have given its number to another process.
    private let isReaped = Mutex(false)

    init(child: Int32) { self.child = child }

    var processID: Int32? { child }

    /// To its group, while that is its group.
    func signal(_ number: Int32) {
        isReaped.withLock { isReaped in
            guard !isReaped else { return }
            kill(-child, number)
        }
    }

    func waitForEnd() -> BrowserProcess.End {
        var info = siginfo_t()
        while waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        // Until it is reaped its number is its group's.
        kill(-child, SIGKILL)
        var status: Int32 = 0
        isReaped.withLock { isReaped in
            isReaped = true
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }
        // Killed processes take a moment to be gone. Signal 0 is sent to nobody, whosever group this is by now (kill(2)).
        var patience = 1000
        while kill(-child, 0) == 0, patience > 0 {
            usleep(2000)
            patience -= 1
        }
        return status & 0x7F == 0 ? .exited(code: status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
    }

    func inspect(argument: String) async -> BrowserInspection? { nil }
}
