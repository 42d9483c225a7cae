import Files
import Policy

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
