import Files
public import Policy

/// The last versions of a configuration file, beside it: `.bak` is the newest, `.bak.4` the oldest.
public struct ConfigurationBackups: Sendable {
    /// How many there are at most.
    public static let count = 5

    /// The backups, newest first, whether there or not.
    public let files: [AbsolutePath]

    /// What the names of the backups end in beyond the file's, newest first.
    private static let suffixes = (0..<count).map { $0 == 0 ? ".bak" : ".bak.\($0)" }

    /// The backups of the file at `path`.
    public init(of path: AbsolutePath) {
        files = Self.suffixes.map { path.parent / "\(path.lastComponent)\($0)" }
    }

    /// Makes the file at `place` as it is now the newest backup; the oldest goes. Throws `StorageError`.
    ///
    /// The file keeps its name meanwhile, so a crash at any moment loses no more than the oldest.
    func rotate(_ place: borrowing FilePlace) throws(StorageError) {
        for (older, newer) in zip(Self.suffixes.dropFirst(), Self.suffixes).reversed() {
            try place.rename(newer, to: older)
        }
        let newest = Self.suffixes[0]
        if place.link("", to: newest) != 0 {
            // A file system without hard links, or a file that was removed under our hands.
            guard let content = try DurableFile.read(place, limit: 1 << 20) else { return }
            let (temporary, file) = try place.makeTemporary()
            do throws(StorageError) {
                try file.write(content)
                guard try place.rename(temporary, to: newest) else { throw .missing("write", place.path(newest)) }
            } catch {
                place.discard(temporary)
                throw error
            }
        }
        try place.makePrivate(newest)
    }
}
