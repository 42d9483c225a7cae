import Policy
import Testing

@testable import Files

private func open(
    _ name: String, _ purpose: OpenFile.Purpose, in directory: TemporaryDirectory
) throws -> OpenFile {
    try #require(try FilePlace(directory.path / name).open("open", purpose))
}

@Test func `a file is read from any byte on, and ends where it ends`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    try directory.write("0123456789", to: "file")
    let file = try open("file", .reading, in: directory)
    #expect(try file.read(from: 2, count: 3) == Array("234".utf8))
    #expect(try file.read(from: 8, count: 100) == Array("89".utf8))
    #expect(try file.read(from: 10, count: 1) == [])
    #expect(try file.readToEnd(limit: 10) == Array("0123456789".utf8))
    #expect(throws: StorageError.self) { try open("file", .reading, in: directory).readToEnd(limit: 9) }
    #expect(throws: StorageError.self) { try file.write([1]) }
    #expect(try file.attributes().size == 10)
    #expect(try FilePlace(directory.path / "none").open("open", .reading) == nil)
}

@Test func `a file that is made must be new, and is its owner's alone`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let file = try open("file", .making, in: directory)
    try file.write("text".utf8)
    try file.flush()
    #expect(try directory.read("file") == "text")
    #expect(try directory.mode("file") == 0o600)
    #expect { try open("file", .making, in: directory) } throws: {
        ($0 as? StorageError)?.reason == "File exists"
    }
}

@Test func `what is appended by two stands in one piece each`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let files = try (0..<2).map { _ in try open("log", .appending, in: directory) }
    for round in 0..<100 {
        for (index, file) in files.enumerated() { #expect(file.append(Array("\(index) \(round)\n".utf8)) > 3) }
    }
    let lines = try directory.read("log").split(separator: "\n")
    #expect(lines == (0..<100).flatMap { ["0 \($0)", "1 \($0)"] })
}

@Test func `what is overwritten leaves nothing of what was longer`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let file = try open("file", .updating, in: directory)
    try file.overwrite(Array("a longer text".utf8))
    try file.overwrite(Array("short".utf8))
    #expect(try directory.read("file") == "short")
}

@Test func `a lock is one process's until its file is closed`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let second = try open("lock", .updating, in: directory)
    do {
        // Another open file description is another's, whoever opened it (flock(2)).
        let first = try open("lock", .updating, in: directory)
        #expect(try first.lock())
        #expect(try !second.lock())
        withExtendedLifetime(first) {}
    }
    #expect(try second.lock())
}
