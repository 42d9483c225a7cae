// GRDB brings CoreFoundation into the module, and the compiler takes stat(2)'s structure for its own when it comes upon
// that one first.
import CoreFoundation
import Glibc
import Policy
import Synchronization

/// The gateway's own log, inside the profile's state directory: one JSON object a line, readable by its owner
/// only, of bounded size.
final class LogFile: Sendable {
    private struct State {
        var descriptor: Int32
        var size: Int
    }

    /// A slice of the log, as `logs.tail` answers it.
    struct Slice: Sendable, Equatable {
        /// Where the next slice begins, in bytes.
        var cursor: Int
        /// The file's size, in bytes.
        var size: Int
        var lines: [String]
        /// Whether earlier lines were left out.
        var isTruncated: Bool
        /// Whether the slice does not go on where the cursor said: the file was begun anew, or there was too
        /// much.
        var isReset: Bool
    }

    /// Where it stands.
    let path: AbsolutePath
    private let directory: HostileDirectory
    private let maximum: Int
    private let kept: Int
    private let state: Mutex<State>

    /// Opens or makes `<stateDirectory>/logs/gateway.log`. Beyond `maximum` bytes a new file is begun, and
    /// `kept` old ones are kept beside it. Throws `StorageError`.
    init(stateDirectory: AbsolutePath, maximum: Int = 5 << 20, kept: Int = 3) throws(StorageError) {
        directory = HostileDirectory(stateDirectory)
        path = stateDirectory / "logs/gateway.log"
        try directory.makeDirectory(path.parent)
        self.maximum = maximum
        self.kept = kept
        state = Mutex(State(descriptor: -1, size: 0))
        let (descriptor, size) = try Self.open(directory.place(of: path, "write"))
        state.withLock { $0 = State(descriptor: descriptor, size: size) }
    }

    deinit {
        state.withLock { _ = close($0.descriptor) }
    }

    /// Adds `line`. A line that cannot be written is lost: a full disk must not stop the gateway.
    func append(_ line: [UInt8]) {
        let line = line + [UInt8(ascii: "\n")]
        state.withLock { state in
            if state.size > 0, state.size + line.count > maximum { rotate(&state) }
            // O_APPEND: one write is one line, also when another process writes here.
            let count = write(state.descriptor, line, line.count)
            state.size += max(0, count)
        }
    }

    /// What was added after `cursor`, or the end of the log: at most `limit` lines of at most `bytes` bytes.
    /// Throws `StorageError`.
    func tail(after cursor: Int?, limit: Int, bytes: Int) throws(StorageError) -> Slice {
        guard let descriptor = try directory.place(of: path, "read").open("read", O_RDONLY) else {
            throw StorageError("read", path, errno: ENOENT)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError("read", path, errno: errno) }
        let size = Int(status.st_size)
        var start = max(0, size - bytes)
        var isReset = false
        if let cursor {
            isReset = cursor > size || cursor < start
            if !isReset { start = cursor }
        }
        var slice = Slice(
            cursor: size, size: size, lines: [], isTruncated: (cursor == nil || isReset) && start > 0, isReset: isReset)
        guard start < size else { return slice }
        // The byte before tells whether the first line is whole.
        let text = try Self.read(descriptor, from: max(0, start - 1), to: size, of: path)
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if start > 0 { lines.removeFirst() }
        if lines.last?.isEmpty == true { lines.removeLast() }
        if lines.count > limit {
            slice.isTruncated = true
            lines.removeFirst(lines.count - limit)
        }
        slice.lines = lines.map { String(decoding: $0, as: UTF8.self) }
        return slice
    }

    /// Renames the file, and begins a new one. Goes on with the old one when that cannot be done.
    private func rotate(_ state: inout State) {
        do throws(StorageError) {
            let place = try directory.place(of: path, "write")
            for number in (0..<kept).reversed() {
                // One that cannot be kept is written over: the log stays bounded.
                _ = try? place.rename(number == 0 ? "" : ".\(number)", to: ".\(number + 1)")
            }
            let (descriptor, size) = try Self.open(place)
            close(state.descriptor)
            state = State(descriptor: descriptor, size: size)
        } catch {
            // The old one is still open.
        }
    }

    private static func open(
        _ place: borrowing FilePlace
    ) throws(StorageError) -> (descriptor: Int32, size: Int) {
        guard let descriptor = try place.open("write", O_WRONLY | O_APPEND | O_CREAT, mode: 0o600) else {
            throw StorageError("write", place.path, errno: ENOENT)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = errno
            close(descriptor)
            throw StorageError("write", place.path, errno: reason)
        }
        // One that was there may have been made by somebody less careful.
        fchmod(descriptor, 0o600)
        return (descriptor, Int(status.st_size))
    }

    private static func read(
        _ descriptor: Int32, from start: Int, to end: Int, of path: AbsolutePath
    ) throws(StorageError) -> [UInt8] {
        var fault: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: end - start) { buffer, count in
            while count < end - start {
                let more = pread(
                    descriptor, buffer.baseAddress.map { $0 + count }, end - start - count, off_t(start + count))
                if more < 0, errno == EINTR { continue }
                if more < 0 { fault = errno }
                guard more > 0 else { return }
                count += more
            }
        }
        guard fault == 0 else { throw StorageError("read", path, errno: fault) }
        return bytes
    }
}
