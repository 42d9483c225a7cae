import Foundation
import Linux
import Policy
import SystemPackage
import Testing

@testable import Enforcement

@Suite struct SafePathTests {
    private let tree: PathTree

    init() throws {
        tree = try PathTree()
        try tree.makeDirectory("a/b")
        // Whoever else may write here could have put the link.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: "\(tree.path)/a")
        try tree.makeLink("a/link", to: "b")
    }

    /// Both ways to open a path.
    enum Way: CaseIterable {
        case byOneCall
        case byHand

        func open(_ path: AbsolutePath) throws(SafePath.Refusal) -> FileDescriptor {
            switch self {
            case .byOneCall: try SafePath.open(path)
            case .byHand: try SafePath.walk(path)
            }
        }
    }

    @Test(arguments: Way.allCases) func `a path without links is opened`(way: Way) throws {
        let path = tree.path / "a/b"
        #expect(try way.open(path).takeInode() == FileStatus(of: path.text).inode)
        #expect(try way.open(.root).takeInode() == FileStatus(of: "/").inode)
    }

    @Test(arguments: Way.allCases) func `a link that others could have put there is refused, by its name`(way: Way)
        throws
    {
        for path in [tree.path / "a/link", tree.path / "a/link/c"] {
            do throws(SafePath.Refusal) {
                try way.open(path).discard()
                Issue.record("\(path) is opened")
            } catch {
                #expect(error.detail.contains("link"), "\(error.detail)")
            }
        }
    }

    /// Where Debian has /bin within /usr.
    private static let hasLink = (try? FileStatus(of: "/bin"))?.kind == .symbolicLink

    @Test(.enabled(if: hasLink, "/bin of this host is no link"), arguments: Way.allCases)
    func `a link in a directory of root's is followed`(way: Way) throws {
        let bin = try #require(AbsolutePath("/bin"))
        #expect(try way.open(bin).takeInode() == FileStatus(of: "/bin", follow: true).inode)
    }

    @Test(arguments: Way.allCases) func `what is not there is said to be`(way: Way) throws {
        do throws(SafePath.Refusal) {
            try way.open(tree.path / "a/nothing").discard()
            Issue.record("it is opened")
        } catch {
            #expect(error.errno == .noSuchFileOrDirectory)
        }
    }

    @Test func `missing directories are made for their owner alone, and none through a link`() throws {
        let path = tree.path / "x/y/z"
        try SafePath.makeDirectories(path)
        for name in ["x", "x/y", "x/y/z"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(tree.path)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o700)
        }
        // Made already.
        try SafePath.makeDirectories(path)
        #expect(throws: SafePath.Refusal.self) { try SafePath.makeDirectories(tree.path / "a/link/c") }
        #expect(!FileManager.default.fileExists(atPath: "\(tree.path)/a/b/c"))
    }
}
