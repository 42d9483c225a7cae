import Files
import Policy
import Synchronization

/// The gateway's own log, inside the profile's state directory: one JSON object a line, readable by its owner
/// only, of bounded size.
final class LogFile: Sendable {
    private struct State {
        var file: OpenFile
        var size: Int
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
        path = Self.path(in: stateDirectory)
        try directory.makeDirectory(path.parent)
        self.maximum = maximum
        self.kept = kept
        state = Mutex(try Self.open(directory.place(of: path, "write")))
    }

    /// Where the log of the instance with this state directory is.
    static func path(in stateDirectory: AbsolutePath) -> AbsolutePath { stateDirectory / "logs/gateway.log" }

    /// Adds `line`. A line that cannot be written is lost: a full disk must not stop the gateway.
    func append(_ line: [UInt8]) {
        let line = line + [UInt8(ascii: "\n")]
        state.withLock { state in
            if state.size > 0, state.size + line.count > maximum { rotate(&state) }
            // O_APPEND: one write is one line, also when another process writes here.
            state.size += state.file.append(line)
        }
    }

    /// What was added after `cursor`, or the end of the log: at most `limit` lines of at most `bytes` bytes.
    /// Throws `StorageError`.
    func tail(after cursor: Int?, limit: Int, bytes: Int) throws(StorageError) -> LogSlice {
        guard let open = try OpenLog(directory, path) else { throw .missing("read", path) }
        return try open.slice(after: cursor, limit: limit, bytes: bytes)
    }

    /// Renames the file, and begins a new one. Goes on with the old one when that cannot be done.
    private func rotate(_ state: inout State) {
        do throws(StorageError) {
            let place = try directory.place(of: path, "write")
            for number in (0..<kept).reversed() {
                // One that cannot be kept is written over: the log stays bounded.
                _ = try? place.rename(number == 0 ? "" : ".\(number)", to: ".\(number + 1)")
            }
            state = try Self.open(place)
        } catch {
            // The old one is still open.
        }
    }

    private static func open(_ place: borrowing FilePlace) throws(StorageError) -> State {
        guard let file = try place.open("write", .appending) else { throw .missing("write", place.path) }
        let size = try file.attributes().size
        // One that was there may have been made by somebody less careful.
        file.makePrivate()
        return State(file: file, size: size)
    }
}
