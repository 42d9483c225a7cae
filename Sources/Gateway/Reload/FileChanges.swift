@preconcurrency import Dispatch
import Glibc
import Policy
import Synchronization

/// Tells that one of some files may have changed: made, replaced, written or removed.
///
/// The kernel tells of changes in the directories they are in (inotify(7)). What it cannot tell of, such as a change on
/// another host, is found by looking now and then; without inotify, oftener.
final class FileChanges: Sendable {
    private struct State {
        /// The names that count in each watched directory.
        var names: [Int32: [String]] = [:]
    }

    /// An element whenever something may have changed, at least every so often. Those nobody took are one.
    let signs: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let descriptor: Int32?
    private let source: (any DispatchSourceRead)?
    private let timer: any DispatchSourceTimer
    private let state = Mutex(State())

    /// How often to look without being told, where the kernel tells, and where it does not.
    static let intervals = (told: Duration.seconds(5), untold: Duration.seconds(1))

    init(intervals: (told: Duration, untold: Duration) = intervals) {
        (signs, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let queue = DispatchQueue(label: "configuration files")
        // The user's limit of instances may be used up; then looking alone must do.
        let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        self.descriptor = descriptor < 0 ? nil : descriptor
        source = descriptor < 0 ? nil : DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        timer = DispatchSource.makeTimerSource(queue: queue)
        let seconds = descriptor < 0 ? intervals.untold : intervals.told
        let interval = DispatchTimeInterval.milliseconds(Int(seconds / .milliseconds(1)))
        timer.schedule(deadline: .now() + interval, repeating: interval, leeway: .milliseconds(250))
        timer.setEventHandler { [continuation] in continuation.yield() }
        source?.setEventHandler { [weak self] in self?.take() }
        source?.setCancelHandler { close(descriptor) }
        timer.resume()
        source?.resume()
    }

    deinit {
        source?.cancel()
        timer.cancel()
        continuation.finish()
    }

    /// Looks at once.
    func look() {
        continuation.yield()
    }

    /// Watches `files` from now on, and no others.
    func watch(_ files: [AbsolutePath]) {
        guard let descriptor else { return }
        var names: [Int32: [String]] = [:]
        for path in files.flatMap(Self.chain) {
            let watch = inotify_add_watch(descriptor, path.parent.text, Self.mask)
            // A directory that is not there, or one too many, is left to looking.
            guard watch >= 0 else { continue }
            names[watch, default: []].append(path.lastComponent)
        }
        let old = state.withLock { state in
            defer { state.names = names }
            return state.names.keys
        }
        for watch in old where names[watch] == nil { inotify_rm_watch(descriptor, watch) }
    }

    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ONLYDIR)

    /// `path`, and where it leads when it is a symbolic link.
    private static func chain(_ path: AbsolutePath) -> [AbsolutePath] {
        var chain = [path]
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        // The kernel follows no more than 40 (path_resolution(7)).
        while chain.count < 40, let last = chain.last {
            let count = readlink(last.text, &buffer, Int(PATH_MAX))
            guard count > 0 else { break }
            let target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard let next = AbsolutePath(target.hasPrefix("/") ? target : "\(last.parent)/\(target)") else { break }
            chain.append(next)
        }
        return chain
    }

    /// Reads what the kernel tells, and passes it on when it is about one of the files.
    private func take() {
        guard let descriptor else { return }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var counts = false
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            let names = state.withLock { $0.names }
            buffer.withUnsafeBytes { bytes in
                var offset = 0
                while offset + MemoryLayout<inotify_event>.size <= count {
                    let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    offset += MemoryLayout<inotify_event>.size
                    let name = bytes[offset..<min(count, offset + Int(event.len))].prefix { $0 != 0 }
                    offset += Int(event.len)
                    // Without a name it is about the directory itself. Of events that were lost nobody knows.
                    let isWatched = names[event.wd].map { watched in
                        name.isEmpty || watched.contains { $0.utf8.elementsEqual(name) }
                    }
                    counts = counts || isWatched ?? (event.mask & UInt32(IN_Q_OVERFLOW) != 0)
                }
            }
        }
        if counts { continuation.yield() }
    }
}
