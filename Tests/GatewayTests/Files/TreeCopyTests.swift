import Foundation
import Policy
import Testing

@testable import Files
@testable import Gateway

@Test func `a tree is copied for its owner alone, with its links to what is in it`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("one", to: "from/a/one")
    try directory.write("two", to: "from/two")
    #expect(chmod("\(directory.path)/from/two", 0o4755) == 0)
    #expect(symlink("a/one", "\(directory.path)/from/inner") == 0)
    #expect(symlink("../two", "\(directory.path)/from/a/upward") == 0)
    try directory.write("old", to: "to/two")
    try directory.write("own", to: "to/own")
    let (from, to) = (HostileDirectory(directory.path / "from"), HostileDirectory(directory.path / "to"))
    let looked = try TreeCopy(looking: from.path, in: from)
    let copied = try TreeCopy(from.path, in: from, to: to.path, in: to)
    #expect((looked.files, looked.bytes, copied.files, copied.bytes) == (4, 6, 4, 6))
    #expect(copied.replaced == 1)
    #expect(copied.left.isEmpty)
    #expect(try directory.read("to/a/one") == "one")
    #expect(try directory.read("to/inner") == "one")
    #expect(try directory.read("to/a/upward") == "two")
    #expect(try directory.read("to/own") == "own")
    #expect(try directory.mode("to/two") == 0o700)
    // The same again replaces nothing.
    #expect(try TreeCopy(from.path, in: from, to: to.path, in: to).replaced == 0)
}

@Test func `nothing of a tree leads a copy elsewhere`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("key", to: "outside/key")
    try directory.write("x", to: "from/a/b/x")
    #expect(symlink("\(directory.path)/outside/key", "\(directory.path)/from/absolute") == 0)
    #expect(symlink("../outside/key", "\(directory.path)/from/climbing") == 0)
    #expect(symlink("../../../outside", "\(directory.path)/from/a/b/deep") == 0)
    #expect(mkfifo("\(directory.path)/from/pipe", 0o600) == 0)
    let (from, to) = (HostileDirectory(directory.path / "from"), HostileDirectory(directory.path / "to"))
    let copied = try TreeCopy(from.path, in: from, to: to.path, in: to)
    #expect(copied.files == 1)
    #expect(
        copied.left == [
            "a/b/deep: it is a link to something outside", "absolute: it is a link to something outside",
            "climbing: it is a link to something outside", "pipe: it is a pipe",
        ])
    // What stands in the destination leads nowhere either.
    #expect(symlink("\(directory.path)/outside", "\(directory.path)/other") == 0)
    #expect(throws: StorageError.self) {
        try TreeCopy(from.path, in: from, to: directory.path / "other/in", in: HostileDirectory(directory.path))
    }
    try FileManager.default.createDirectory(atPath: "\(directory.path)/third", withIntermediateDirectories: true)
    #expect(symlink("\(directory.path)/outside", "\(directory.path)/third/a") == 0)
    let third = HostileDirectory(directory.path / "third")
    #expect(throws: StorageError.self) { try TreeCopy(from.path, in: from, to: third.path, in: third) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/outside") == ["key"])
}

@Test func `a tree is removed, and what its links lead to stays`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("key", to: "outside/key")
    try directory.write("x", to: "tree/a/b/x")
    #expect(symlink("\(directory.path)/outside", "\(directory.path)/tree/a/link") == 0)
    try TreeRemoval.remove(directory.path / "tree")
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path.text) == ["outside"])
    #expect(try directory.read("outside/key") == "key")
    #expect(throws: StorageError.self) { try TreeRemoval.remove(directory.path / "tree") }
}
