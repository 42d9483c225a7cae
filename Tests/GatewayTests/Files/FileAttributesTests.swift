import Glibc
import Policy
import Testing

@testable import Files

@Test func `the attributes of a file are what was made of it`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path / "file"
    try DurableFile.write(Array("12345".utf8), to: file)
    let attributes = try #require(FileAttributes(at: file))
    #expect(attributes.kind == .regular && attributes.size == 5)
    #expect(attributes.permissions == 0o600 && !attributes.isOpenToOthers && attributes.owner == geteuid())
    #expect(attributes.identity == FileIdentity(file))
    // Within a day of now, whatever the file system rounds to.
    #expect(abs(attributes.modified / 1_000_000_000 - Int64(time(nil))) < 86_400)
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
