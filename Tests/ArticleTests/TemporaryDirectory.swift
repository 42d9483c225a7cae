import Foundation
import Policy
import Testing

/// Directories for tests, each under a name of its own.
enum TemporaryDirectory {
    /// A new, empty one, by its real path.
    static func make() throws -> AbsolutePath {
        let directory = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "article-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return try #require(AbsolutePath(directory.path))
    }
}
