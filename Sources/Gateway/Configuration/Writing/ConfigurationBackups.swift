import Glibc
public import Policy

/// The last versions of a configuration file, beside it: `.bak` is the newest, `.bak.4` the oldest.
public struct ConfigurationBackups: Sendable {
    /// How many there are at most.
    public static let count = 5

    /// The backups, newest first, whether there or not.
    public let files: [AbsolutePath]
    private let path: AbsolutePath

    /// The backups of the file at `path`.
    public init(of path: AbsolutePath) {
        self.path = path
        files = (0..<Self.count).map { index in
            path.parent / "\(path.lastComponent).bak\(index == 0 ? "" : ".\(index)")"
        }
    }

    /// Makes the file as it is now the newest backup; the oldest goes. Throws `StorageError`.
    ///
    /// The file keeps its name meanwhile, so a crash at any moment loses no more than the oldest.
    func rotate() throws(StorageError) {
        for (older, newer) in zip(files.dropFirst(), files).reversed() {
            guard rename(newer.text, older.text) == 0 || errno == ENOENT else {
                throw StorageError("write", older, errno: errno)
            }
        }
        if link(path.text, files[0].text) != 0 {
            // A file system without hard links, or a file that was removed under our hands.
            guard let content = try DurableFile.read(path) else { return }
            try DurableFile.write(content, to: files[0])
        }
        try DurableFile.makePrivate(files[0])
    }
}
