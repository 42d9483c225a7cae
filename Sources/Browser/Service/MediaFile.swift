import Glibc

/// A file that browser control makes for whoever asked: a picture, a document.
struct MediaFile: ~Copyable {
    /// Where it is.
    let path: String
    private let descriptor: Int32

    /// Makes one that nobody else can read, with a name that nobody has, below the state directory `state`. Throws
    /// `BrowserFault`.
    init(in state: String, extension name: String) throws(BrowserFault) {
        var directory = state
        for part in ["media", "browser"] {
            directory += "/\(part)"
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Self.failed("make", directory) }
        }
        var generator = SystemRandomNumberGenerator()
        let words = (0..<2).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let path = "\(directory)/\(words.joined()).\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failed("make", path) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Adds `bytes`. Throws `BrowserFault`; then the file is gone.
    func write(_ bytes: [UInt8]) throws(BrowserFault) {
        let descriptor = descriptor
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let fault = Self.failed("write", path)
                unlink(path)
                throw fault
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func failed(_ action: String, _ path: String) -> BrowserFault {
        BrowserFault(500, "cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }
}
