import Files
import Glibc
import Policy

/// A file that is given to a page: a copy in the browser profile's directory, so that the page sees nothing else of where it
/// came from, and the browser needs to see nothing else.
struct UploadedFile: Sendable {
    /// Where the copy is.
    let path: String

    /// The largest, in bytes.
    static let limit: Int64 = 100 << 20
    /// How many are given at once.
    static let count = 20

    /// Copies the file at `path` into `profile`. It must lie in one of `directories`, whatever links lead there. Throws
    /// `BrowserFault`.
    init(_ path: String, from directories: [String], into profile: ProfileDirectory) throws(BrowserFault) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw BrowserFault(400, "paths must be absolute, and \"\(path)\" is not")
        }
        // Opened first and looked at then: what the name leads to may change, and the open file does not. A queue is not
        // waited for.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let number = errno
            throw BrowserFault(Self.status(number), "cannot read \(path): \(String(cString: strerror(number)))")
        }
        let source = OpenFile(descriptor, at: AbsolutePath(path) ?? .root)
        guard let real = Self.place(of: descriptor), Self.isInside(real, directories, of: profile) else {
            throw BrowserFault(
                403,
                "\(path) is in none of the directories that pages are given files from: "
                    + directories.joined(separator: ", "))
        }
        guard let attributes = try? source.attributes(), attributes.kind == .regular else {
            throw BrowserFault(400, "\(path) is no regular file")
        }
        guard Int64(attributes.size) <= Self.limit else {
            throw BrowserFault(400, "\(path) is larger than \(Self.limit) bytes")
        }
        self.path = try Self.copy(
            source, called: String(path.split(separator: "/").last ?? "file"), into: profile)
    }

    /// The HTTP status for a call that failed with `number` (errno(3)).
    private static func status(_ number: Int32) -> Int {
        number == ENOENT || number == ENOTDIR ? 404 : number == EACCES ? 403 : 500
    }

    /// Where the open file `descriptor` is now (proc_pid_fd(5)).
    private static func place(of descriptor: Int32) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the file that is at `path` lies in one of `directories`, whatever links lead to those; but to the downloads of
    /// `profile` none does: the browser, which may have been taken over, could have put it there.
    private static func isInside(_ path: String, _ directories: [String], of profile: ProfileDirectory) -> Bool {
        directories.contains { directory in
            if directory == profile.path(.downloads) { return profile.holds(path, in: .downloads) }
            guard let real = realpath(directory, nil) else { return false }
            defer { free(real) }
            return path.hasPrefix(String(cString: real) + "/")
        }
    }

    /// Copies `source` into a new directory of the uploads of `profile`, under `name`. Returns where the copy is.
    private static func copy(
        _ source: OpenFile, called name: String, into profile: ProfileDirectory
    ) throws(BrowserFault) -> String {
        do throws(StorageError) {
            let place = try profile.newUpload(called: name)
            guard let target = try place.open("make", .making) else { throw .missing("make", place.path) }
            do throws(StorageError) {
                var done = 0
                while case let piece = try source.read(from: done, count: 1 << 18), !piece.isEmpty {
                    done += piece.count
                    // It grew since.
                    guard done <= limit else { throw StorageError("copy", source.path, errno: EFBIG) }
                    try target.write(piece)
                }
            } catch {
                place.discard()
                throw error
            }
            return place.path.text
        } catch {
            throw BrowserFault(status(error.errno), "\(error)")
        }
    }
}
