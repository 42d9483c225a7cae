import Glibc
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

@Test func `the attributes of a file are what was made of it`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path / "file"
    try DurableFile.write(Array("12345".utf8), to: file)
    let attributes = try #require(FileAttributes(at: file))
    #expect(attributes.kind == .regular && attributes.size == 5)
    #expect(attributes.permissions == 0o600 && !attributes.isOpenToOthers && attributes.owner == geteuid())
    #expect(attributes.identity == FileIdentity(file))
    // Within a day of now, whatever the file system rounds to.
    #expect(abs(attributes.modified.seconds - Int64(time(nil))) < 86_400)
    chmod(file.text, 0o644)
    #expect(try #require(FileAttributes(at: file)).isOpenToOthers)
}

@Test func `a link is followed only where that is asked for, and what is not there has no attributes`() throws {
    let directory = try TemporaryDirectory()
    let link = directory.path / "link"
    #expect(symlink(directory.path.text, link.text) == 0)
    #expect(FileAttributes(at: link)?.kind == .directory)
    #expect(FileAttributes(at: link, followsLinks: false)?.kind == .symbolicLink)
    #expect(mkfifo((directory.path / "pipe").text, 0o600) == 0)
    #expect(FileAttributes(at: directory.path / "pipe")?.kind == .other)
    #expect(FileAttributes(at: directory.path / "nothing") == nil)
    #expect(FileAttributes(-1) == nil && errno == EBADF)
}

/// What the owner of a file may have made its time, as the file system keeps it: in memory, any that 64 bits hold.
@Test(arguments: [Int64.max, .max / 1000, -1, .min / 1000, .min])
func `no time of a file ends who looks at it`(seconds: Int64) throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let file = directory.path / "mazelclaw.json.1.2.tmp"
    try DurableFile.write([], to: file)
    let time = timespec(tv_sec: Int(seconds), tv_nsec: 999_999_999)
    #expect(utimensat(AT_FDCWD, file.text, [time, time], 0) == 0)
    let modified = try #require(FileAttributes(at: file)).modified
    #expect((modified.milliseconds < 0) == (modified.seconds < 0))
    #expect(FileFingerprint(file) == FileFingerprint(file))
    // One that lies ahead may be in use; one long ago is left over.
    let selection = try InstanceSelection(
        argument: nil, environment: ["MAZELCLAW_STATE_DIR": directory.path.text])
    let instance = try Instance(
        selection: selection, profile: nil, home: directory.path, workingDirectory: directory.path)
    try #require(instance.state.path == directory.path)
    let findings = try FileFinding.all(of: instance)
    #expect(findings.contains { $0.kind == .leftover } == (modified.seconds < 0))
}
