import Foundation
import Linux
import Policy
import SystemPackage
import Testing

@testable import Enforcement

/// A walk by hand ends where openat2(2) ends, and as it does.
@Suite struct RootedWalkTests {
    private let tree: PathTree

    init() throws {
        tree = try PathTree()
        try tree.makeDirectory("a/b/c")
        try Data().write(to: URL(filePath: "\(tree.path)/file"))
        for (name, target) in [
            ("inside", "a/b"), ("absolute", "/a/b"), ("up", "a/../a/b"), ("out", "../.."), ("loop", "loop"),
            ("chain", "inside/c"), ("nowhere", "missing"), ("a/back", "../a"),
        ] {
            try tree.makeLink(name, to: target)
        }
    }

    /// The inode at the end, or why there is none.
    private func end(_ open: () throws(Errno) -> FileDescriptor) throws -> String {
        let descriptor: FileDescriptor
        do throws(Errno) { descriptor = try open() } catch { return error.name }
        return "\(try descriptor.takeInode())"
    }

    @Test(
        arguments: [
            ".", "a", "a/b/c", "./a/./b", "a/..", "inside", "inside/c", "chain", "up", "a/back/b", "nowhere", "missing",
            "file", "file/x", "loop", "out", "..", "a/../..", "absolute", "/a", "/", "a/b/../../..",
        ], [false, true])
    func `it ends as the kernel's does`(path: String, isBeneath: Bool) throws {
        let start = try FileDescriptor.workingDirectory.open(tree.path.text, flags: OpenFlag.path | OpenFlag.directory)
        defer { start.discard() }
        let walk = RootedWalk(start: start, isBeneath: isBeneath)
        let kernel = try end { () throws(Errno) in try walk.open(path) }
        let own = try end { () throws(Errno) in try walk.walk(path) }
        #expect(own == kernel)
        // Nothing leads out: the directory above is another.
        #expect(try own != "\(FileStatus(of: tree.path.parent.text).inode)")
    }
}
