import Foundation
import Linux
import Policy
import SystemPackage
import Testing

/// A directory that goes with the test, and what is made in it.
final class PathTree {
    let path: AbsolutePath

    init() throws {
        let text = FileManager.default.temporaryDirectory.appending(path: "paths-\(UUID().uuidString)")
            .resolvingSymlinksInPath().path
        try FileManager.default.createDirectory(atPath: text, withIntermediateDirectories: false)
        path = try #require(AbsolutePath(text))
    }

    deinit { try? FileManager.default.removeItem(atPath: path.text) }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    }

    func makeLink(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }
}

extension FileDescriptor {
    /// The inode behind it; the descriptor is closed.
    func takeInode() throws -> UInt64 {
        defer { discard() }
        return try FileStatus(of: self).inode
    }
}
