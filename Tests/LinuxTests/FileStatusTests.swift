import Foundation
import SystemPackage
import Testing

@testable import Linux

@Suite struct FileStatusTests {
    /// A directory with one of each, which goes with the test.
    private final class Place {
        let root = NSTemporaryDirectory() + "mazelclaw-\(UUID().uuidString)"
        let directory: FileDescriptor

        init() throws {
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
            directory = try FileDescriptor.workingDirectory.open(root, flags: O_RDONLY | O_DIRECTORY)
            try FileSystem.makeFile("file", in: directory, mode: 0o600)
            try FileSystem.makeSymbolicLink("link", to: "file", in: directory)
            try FileSystem.makeSymbolicLink("nowhere", to: "missing", in: directory)
            try FileSystem.makeDirectory("directory", in: directory, mode: 0o700)
        }

        deinit {
            directory.discard()
            try? FileManager.default.removeItem(atPath: root)
        }
    }

    @Test func `a file is what it is, and a link what it leads to only where it is followed`() throws {
        let place = try Place()
        func kind(_ path: String, follow: Bool = false) throws -> FileStatus.Kind {
            try FileStatus(of: path, in: place.directory, follow: follow).kind
        }
        #expect(try kind("file") == .regular)
        #expect(try kind("directory") == .directory)
        #expect(try kind("link") == .symbolicLink)
        #expect(try kind("link", follow: true) == .regular)
        #expect(try kind("nowhere") == .symbolicLink)
        #expect(throws: Errno.noSuchFileOrDirectory) { try kind("nowhere", follow: true) }
        #expect(throws: Errno.noSuchFileOrDirectory) { try kind("missing") }
        #expect(throws: Errno.notDirectory) { try kind("file/x") }
        #expect(try FileStatus(of: "/dev/null").kind == .characterDevice)
        #expect(try FileSystem.readSymbolicLink("link", in: place.directory) == "file")
        #expect(throws: Errno.invalidArgument) { try FileSystem.readSymbolicLink("file", in: place.directory) }
    }

    @Test func `an open descriptor is what it stands for`() throws {
        let pipe = try Linux.Pipe()
        let socket = try FileDescriptor.unixStreamSocket()
        defer { for descriptor in [pipe.reader, pipe.writer, socket] { descriptor.discard() } }
        #expect(try FileStatus(of: pipe.reader).kind == .pipe)
        #expect(try FileStatus(of: socket).kind == .socket)
        #expect(try FileStatus(of: pipe.reader).inode == FileStatus(of: pipe.writer).inode)
        #expect(throws: Errno.badFileDescriptor) { try FileStatus(of: FileDescriptor(rawValue: 1 << 20)) }
    }

    @Test(
        arguments: [
            (0o600, false), (0o644, false), (0o755, false), (0o620, true), (0o602, true), (0o666, true),
            (0o4755, false),
            (0o1777, true),
        ] as [(UInt32, Bool)])
    func `group and others count as writers, whatever they may do else`(mode: UInt32, isWritable: Bool) throws {
        let place = try Place()
        try FileSystem.setMode("file", in: place.directory, mode)
        let status = try FileStatus(of: "file", in: place.directory)
        #expect(status.mode == mode)
        #expect(status.isWritableByOthers == isWritable)
    }

    @Test func `directories are made with exactly their mode, and those that are there stay as they are`() throws {
        let place = try Place()
        try FileSystem.setMode("directory", in: place.directory, 0o750)
        try FileSystem.makeDirectories(place.root + "/directory/a/b", mode: 0o777)
        #expect(try FileStatus(of: place.root + "/directory").mode == 0o750)
        for made in ["/directory/a", "/directory/a/b"] { #expect(try FileStatus(of: place.root + made).mode == 0o777) }
        try FileSystem.makeDirectories(place.root + "/directory/a", mode: 0o700)
        #expect(try FileStatus(of: place.root + "/directory/a").mode == 0o777)
        #expect(throws: Errno.notDirectory) { try FileSystem.makeDirectories(place.root + "/file/x", mode: 0o700) }
    }

    @Test func `a name is taken over by a rename, and left alone by one that asks for a new name`() throws {
        let place = try Place()
        let (file, other) = (place.root + "/file", place.root + "/other")
        try FileSystem.replace(other, with: [7], mode: 0o600)
        #expect(throws: Errno.fileExists) { try FileSystem.renameAnew(other, to: file) }
        #expect(try FileSystem.read(file).isEmpty)
        try FileSystem.exchange(other, with: file)
        #expect(try FileSystem.read(file) == [7])
        #expect(try FileSystem.read(other).isEmpty)
        try FileSystem.rename(file, to: other)
        #expect(try FileSystem.read(other) == [7])
        try FileSystem.renameAnew(other, to: file)
        #expect(try FileSystem.entries(of: place.root).sorted() == ["directory", "file", "link", "nowhere"])
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileSystem.unlink(other) }
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileSystem.exchange(file, with: other) }
    }

    @Test func `no more is read than the limit, and a file of its very length is`() throws {
        let place = try Place()
        let file = place.root + "/file"
        try FileSystem.replace(file, with: [UInt8](repeating: 1, count: 5000), mode: 0o600)
        #expect(try FileSystem.read(file, limit: 5000).count == 5000)
        #expect(throws: Errno(rawValue: EFBIG)) { try FileSystem.read(file, limit: 4999) }
        // A file of /proc tells no size.
        let status = try FileSystem.read("/proc/self/status")
        #expect(!status.isEmpty)
        #expect(throws: Errno(rawValue: EFBIG)) { try FileSystem.read("/proc/self/status", limit: 10) }
        #expect(throws: Errno.isDirectory) { try FileSystem.read(place.root) }
    }

    @Test func `openat2 follows a link only where it may`() throws {
        let place = try Place()
        try FileSystem.makeSymbolicLink("out", to: "/", in: place.directory)
        func open(_ path: String, _ resolve: ResolveFlags) -> Errno? {
            do throws(Errno) {
                try place.directory.open(path, flags: OpenFlag.path, resolve: resolve).discard()
                return nil
            } catch {
                return error
            }
        }
        // A kernel before 5.6 and some filters know no such call.
        guard open("file", []) != .noFunction else { return }
        #expect(open("link", []) == nil)
        #expect(open("link", .noSymbolicLinks) == .tooManySymbolicLinkLevels)
        #expect(open("link", .beneath) == nil)
        #expect(open("out", .beneath) == .improperLink)
        #expect(open("out/proc", .beneath) == .improperLink)
        #expect(open("..", .beneath) == .improperLink)
        #expect(open("../..", .inRoot) == nil)
        #expect(open("out/file", .inRoot) == nil)
        #expect(open("out/proc", .inRoot) == .noSuchFileOrDirectory)
    }
}
