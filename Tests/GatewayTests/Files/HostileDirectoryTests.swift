import Foundation
import GRDB
import Policy
import Testing

@testable import Files
@testable import Gateway
@testable import Storage

/// A state directory, and beside it what is not the payload's business.
private struct Fixture {
    let parent: TemporaryDirectory
    let state: HostileDirectory

    init() throws {
        parent = try TemporaryDirectory(inMemory: true)
        try parent.write("own", to: "state/sub/file")
        try parent.write("secret", to: "other/file")
        state = HostileDirectory(parent.path / "state")
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: (parent.path / name).text, withDestinationPath: target)
    }

    var other: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: (parent.path / "other").text) }
    }
}

@Test func `what lies in a hostile directory is read, written and made private`() throws {
    let fixture = try Fixture()
    let file = fixture.state.path / "sub/file"
    #expect(try fixture.state.read(file) == Array("own".utf8))
    try #require(chmod(file.text, 0o666) == 0)
    try fixture.state.makePrivate(file)
    #expect(try fixture.parent.mode("state/sub/file") == 0o600)
    try fixture.state.write(Array("new".utf8), to: file)
    #expect(try fixture.parent.read("state/sub/file") == "new")
    #expect(try fixture.state.makeDirectory(fixture.state.path / "a/b"))
    #expect(try !fixture.state.makeDirectory(fixture.state.path / "a/b"))
    #expect(try fixture.state.names(in: fixture.state.path) == ["a", "sub"])
    #expect(try fixture.state.read(fixture.state.path / "none/file") == nil)
}

@Test(arguments: ["../other/file", "/etc/passwd", "sub/file", "file"])
func `no link is followed below a hostile directory, wherever it leads`(target: String) throws {
    let fixture = try Fixture()
    try fixture.link("state/file", to: target)
    let file = fixture.state.path / "file"
    for attempt in [
        { _ = try fixture.state.read(file) }, { try fixture.state.makePrivate(file) },
        { _ = try fixture.state.place(of: file, "open").attributes("open") },
        { _ = try fixture.state.place(of: file, "write").open("write", .appending) },
    ] {
        #expect { try attempt() } throws: { "\($0)".contains("\(file): it is a symbolic link") }
    }
    // A file that is written takes the link's place, and what it led to stays.
    try fixture.state.write(Array("new".utf8), to: file)
    #expect(try fixture.parent.read("state/file") == "new")
    #expect(try fixture.parent.read("other/file") == "secret")
}

@Test(arguments: ["../other", "/", "sub", "loop"])
func `no directory on the way is a link`(target: String) throws {
    let fixture = try Fixture()
    try fixture.link("state/loop", to: target)
    let file = fixture.state.path / "loop/file"
    for attempt in [
        { _ = try fixture.state.read(file) }, { try fixture.state.write([1], to: file) },
        { try fixture.state.makePrivate(file) }, { _ = try fixture.state.makeDirectory(file / "x") },
        { _ = try fixture.state.names(in: file.parent) }, { _ = try fixture.state.makeDirectory(file.parent) },
    ] {
        #expect { try attempt() } throws: { "\($0)".contains("\(file.parent): it is a symbolic link") }
    }
    #expect(try fixture.other == ["file"])
}

@Test func `the operator's links are followed, and a directory is known by any name`() throws {
    let fixture = try Fixture()
    try fixture.link("by-link", to: "state")
    try fixture.link("config", to: "other/file")
    #expect(try fixture.state.read(fixture.parent.path / "config") == Array("secret".utf8))
    #expect(fixture.state.behindLinks(fixture.parent.path / "config") == fixture.parent.path / "other/file")
    let alias = fixture.parent.path / "by-link/sub/file"
    #expect(fixture.state.holds(alias))
    #expect(HostileDirectory(fixture.parent.path / "by-link").holds(fixture.state.path / "sub/file"))
    #expect(!fixture.state.holds(fixture.parent.path / "other/file"))
    #expect(!fixture.state.holds(fixture.parent.path / "state-2"))
    // By that name too no link inside counts.
    try fixture.link("state/link", to: "../other/file")
    #expect { try fixture.state.read(fixture.parent.path / "by-link/link") } throws: {
        "\($0)".contains("it is a symbolic link")
    }
}

@Test func `what is no regular file is neither waited for nor read`() throws {
    let fixture = try Fixture()
    let pipe = fixture.state.path / "pipe"
    try #require(mkfifo(pipe.text, 0o644) == 0)
    for attempt in [
        { _ = try fixture.state.read(pipe) }, { try fixture.state.makePrivate(pipe) },
        { _ = try fixture.state.place(of: pipe, "write").open("write", .appending) },
        { _ = try fixture.state.read(fixture.state.path / "sub") },
    ] {
        #expect { try attempt() } throws: { "\($0)".contains("it must be a regular file") }
    }
    #expect(try fixture.parent.mode("state/pipe") == 0o644)
}

@Test func `a database that is swapped while it is opened is not used`() throws {
    let (mine, theirs) = (try TemporaryDirectory(inMemory: true), try TemporaryDirectory(inMemory: true))
    for directory in [mine, theirs] { try InstanceDatabase(stateDirectory: directory.path).close() }
    let file = DatabaseFile(stateDirectory: mine.path)
    let victim = theirs.path / "mazelclaw.sqlite"
    let aside = mine.path / "aside"
    try file.opening { try DatabaseQueue(path: $0) }.close()
    // Led elsewhere for the moment in which SQLite opens it, and put back.
    #expect {
        try file.opening { path in
            #expect(rename(path, aside.text) == 0)
            #expect(symlink(victim.text, path) == 0)
            let queue = try DatabaseQueue(path: path)
            #expect(rename(aside.text, path) == 0)
            return queue
        }
    } throws: {
        "\($0)".contains("it was replaced meanwhile")
    }
    // Another one takes its place for good.
    #expect {
        try file.opening { path in
            let queue = try DatabaseQueue(path: path)
            try FileManager.default.copyItem(atPath: victim.text, toPath: aside.text)
            #expect(rename(aside.text, path) == 0)
            return queue
        }
    } throws: {
        "\($0)".contains("it was replaced meanwhile")
    }
}
