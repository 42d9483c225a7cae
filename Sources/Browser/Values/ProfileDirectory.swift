import Files
import Glibc
import Policy
import Text

/// What a browser profile keeps: the directory `browser/NAME` in the instance's state directory.
struct ProfileDirectory: Sendable {
    /// What is in it.
    enum Part: String, Sendable {
        /// Chromium's: cookies, storage, cache.
        case userData = "user-data"
        /// What was downloaded.
        case downloads
        /// Copies of files that are given to pages, as long as the browser runs.
        case uploads
    }

    private let state: String
    private let name: String

    /// The directory of the browser profile `name` in the state directory `state`.
    init(of name: String, in state: String) {
        (self.name, self.state) = (name, state)
    }

    /// Where it is.
    var path: String { "\(state)/browser/\(name)" }

    /// Where `part` is.
    func path(_ part: Part) -> String { "\(path)/\(part.rawValue)" }

    /// Makes `part`, for this user alone. Throws `BrowserFault`, also where a link stands in the way.
    func make(_ part: Part) throws(BrowserFault) {
        let (state, path) = (try Self.absolute(state), try Self.absolute(path(part)))
        do throws(StorageError) {
            try HostileDirectory(state).makeDirectory(path)
        } catch {
            throw BrowserFault(503, "\(error)")
        }
    }

    /// The file `name` in `part`, in a directory that no link leads to: the browser writes there, and may have been taken
    /// over. Throws `StorageError`, also for what is no name of a file.
    func file(_ name: String, in part: Part) throws(StorageError) -> FilePlace {
        guard let state = AbsolutePath(state), let path = AbsolutePath("\(path(part))/\(name)"),
            path.lastComponent == name
        else {
            throw StorageError("open", AbsolutePath(path(part)) ?? .root, fault: "\"\(name)\" is no name of a file")
        }
        return try HostileDirectory(state).place(of: path, "open")
    }

    /// A place for a file `name` in a new directory of the uploads, which no link leads to. Throws `StorageError`.
    func newUpload(called name: String) throws(StorageError) -> FilePlace {
        let directory = "\(path(.uploads))/\(UUIDText.random())"
        guard let state = AbsolutePath(state), let place = AbsolutePath(directory) else {
            throw StorageError("make", .root, fault: "\(directory) is no absolute path")
        }
        try HostileDirectory(state).makeDirectory(place)
        return try HostileDirectory(state).place(of: place / name, "make")
    }

    /// Whether the file that is at `path`, without a link on the way, lies in `part` where that is without a link below the
    /// state directory.
    func holds(_ path: String, in part: Part) -> Bool {
        guard let real = realpath(state, nil) else { return false }
        defer { free(real) }
        return path.hasPrefix("\(String(cString: real))/browser/\(name)/\(part.rawValue)/")
    }

    /// The names of what is in `part`, in order; none where it is not there, or a link stands in its place.
    func names(in part: Part) -> [String] {
        guard let state = AbsolutePath(state), let path = AbsolutePath(path(part)) else { return [] }
        return (try? HostileDirectory(state).names(in: path)).flatMap(\.self) ?? []
    }

    /// Removes `part`, and nothing that a link in it leads to. Returns whether it was there. Throws `BrowserFault`, also where
    /// a link stands in its place or on the way to it.
    @discardableResult
    func remove(_ part: Part) throws(BrowserFault) -> Bool { try remove(path(part)) }

    /// Removes all of it, and nothing that a link in it leads to. Returns whether it was there. Throws `BrowserFault`.
    @discardableResult
    func remove() throws(BrowserFault) -> Bool { try remove(path) }

    private func remove(_ text: String) throws(BrowserFault) -> Bool {
        let (state, path) = (try Self.absolute(state), try Self.absolute(text))
        do throws(StorageError) {
            guard try HostileDirectory(state).names(in: path) != nil else { return false }
            try TreeRemoval.remove(path)
            return true
        } catch {
            throw BrowserFault(500, "\(error)")
        }
    }

    private static func absolute(_ path: String) throws(BrowserFault) -> AbsolutePath {
        guard let path = AbsolutePath(path) else { throw BrowserFault(500, "\(path) is no absolute path") }
        return path
    }
}
