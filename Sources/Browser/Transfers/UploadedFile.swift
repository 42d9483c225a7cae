import Glibc

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
        func failed(_ action: String, _ path: String, _ number: Int32 = errno) -> BrowserFault {
            BrowserFault(
                number == ENOENT || number == ENOTDIR ? 404 : number == EACCES ? 403 : 500,
                "cannot \(action) \(path): \(String(cString: strerror(number)))")
        }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw BrowserFault(400, "paths must be absolute, and \"\(path)\" is not")
        }
        // Opened first and looked at then: what the name leads to may change, and the open file does not. A queue is not
        // waited for.
        let source = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard source >= 0 else { throw failed("read", path) }
        defer { close(source) }
        guard let real = Self.place(of: source), Self.isInside(real, directories) else {
            throw BrowserFault(
                403,
                "\(path) is in none of the directories that pages are given files from: "
                    + directories.joined(separator: ", "))
        }
        var status = stat()
        guard fstat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw BrowserFault(400, "\(path) is no regular file")
        }
        guard status.st_size <= Self.limit else {
            throw BrowserFault(400, "\(path) is larger than \(Self.limit) bytes")
        }
        try profile.make(.uploads)
        var template = Array("\(profile.path(.uploads))/XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw failed("make a directory in", profile.path(.uploads)) }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let copy = "\(directory)/\(path.split(separator: "/").last ?? "file")"
        let target = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw failed("make", copy) }
        defer { close(target) }
        let fault = Self.copy(source, target)
        guard fault == 0 else {
            unlink(copy)
            rmdir(directory)
            throw failed("copy \(path) to", copy, fault)
        }
        self.path = copy
    }

    /// Where the open file `descriptor` is now (proc_pid_fd(5)).
    private static func place(of descriptor: Int32) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func isInside(_ path: String, _ directories: [String]) -> Bool {
        directories.contains { directory in
            guard let real = realpath(directory, nil) else { return false }
            defer { free(real) }
            return path.hasPrefix(String(cString: real) + "/")
        }
    }

    /// Copies what is left of `source`, at most `limit` bytes. Returns 0, or what went wrong (errno(3)).
    private static func copy(_ source: Int32, _ target: Int32) -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var all: Int64 = 0
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return errno }
            guard count > 0 else { return 0 }
            all += Int64(count)
            // It grew since.
            guard all <= limit else { return EFBIG }
            var written = 0
            while written < count {
                let more = buffer[written..<count].withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { return errno }
                written += more
            }
        }
    }
}
