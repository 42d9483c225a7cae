import Glibc
import Synchronization

/// Gives memory back to the kernel that was needed for a while.
///
/// What is freed stays with the allocator, in as many pieces as it was used in, and a process that was once made to hold
/// much would be large for ever. malloc_trim(3) gives back every page that holds nothing any more. It goes through all
/// there is, and is called only when the process is larger by `slack` than it ever was at the least, and ever more seldom while
/// that gives nothing back and nothing more is taken.
final class MemoryReturn: Sendable {
    /// How much more, in bytes.
    static let slack = 4 << 20

    private let resident: @Sendable () -> Int?
    private let trim: @Sendable () -> Void
    private let state: Mutex<State>

    private struct State {
        /// The least that ever was resident, in bytes.
        var least: Int
        /// How many looks are let pass before it is called again, and how many after that when it gives nothing back.
        var passes = 0
        var nextPasses = 1
        /// What was resident when it was called last, in bytes.
        var last = 0
    }

    /// The most looks that are let pass.
    private static let passLimit = 64

    /// Of this process. `resident` says how much it holds, in bytes; `trim` gives back what it can.
    init(
        resident: @escaping @Sendable () -> Int? = MemoryReturn.residentBytes,
        trim: @escaping @Sendable () -> Void = { _ = malloc_trim(0) }
    ) {
        self.resident = resident
        self.trim = trim
        state = Mutex(State(least: resident() ?? .max))
    }

    /// Gives memory back when there seems to be some. May take milliseconds.
    func look() {
        guard let now = resident() else { return }
        let isDue = state.withLock { state in
            state.least = min(state.least, now)
            guard now - state.least > Self.slack else { return false }
            if now - state.last > Self.slack {
                state.passes = 0
                state.nextPasses = 1
            }
            state.passes -= 1
            return state.passes < 0
        }
        guard isDue else { return }
        trim()
        let left = resident() ?? now
        let isFruitful = now - left > Self.slack / 4
        state.withLock { state in
            state.last = left
            state.nextPasses = isFruitful ? 1 : min(2 * state.nextPasses, Self.passLimit)
            state.passes = isFruitful ? 0 : state.nextPasses - 1
        }
    }

    /// What is resident of this process, in bytes (proc_pid_statm(5)).
    private static func residentBytes() -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(file, &text, text.count)
        guard count > 0 else { return nil }
        let fields = String(decoding: text[..<count], as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}

/// malloc_trim(3), which no header that Swift imports declares. By its name for the linker: the gateway is linked
/// statically, and dlsym(3) finds nothing in such a program.
@_silgen_name("malloc_trim")
private func malloc_trim(_ padding: Int) -> Int32
