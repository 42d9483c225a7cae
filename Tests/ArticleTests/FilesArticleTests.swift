import Files
import Foundation
import Policy
import Testing

/// What the article "Keep a small file safe" shows, line by line; ArchitectureTests compares the two.
@Suite struct FilesArticleTests {
    @Test func `a file is written, read and removed, and a link is not followed`() throws {
        var lines: [String] = []
        func print(_ line: String) { lines.append(line) }
        let directory = try TemporaryDirectory.make()
        let outside = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(atPath: outside.text) }

        try DurableFile.makeDirectory(directory)
        try DurableFile.write(Array("{}\n".utf8), to: directory / "settings.json")
        let content = try DurableFile.read(directory / "settings.json")
        #expect(content == Array("{}\n".utf8))

        let missing = try DurableFile.read(directory / "other.json", limit: 4096)
        #expect(missing == nil)
        #expect(throws: StorageError.self) { try DurableFile.read(directory / "settings.json", limit: 2) }

        try DurableFile.write(Array("mine".utf8), to: outside / "secret")
        try FileManager.default.createSymbolicLink(
            atPath: (directory / "link.json").text, withDestinationPath: (outside / "secret").text)
        let state = HostileDirectory(directory)
        do {
            _ = try state.read(directory / "link.json")
        } catch {
            print("\(error)")
        }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("link.json") == true)
        #expect(try state.read(directory / "settings.json") == content)

        try TreeRemoval.remove(directory)
        #expect(!FileManager.default.fileExists(atPath: directory.text))
        #expect(FileManager.default.fileExists(atPath: (outside / "secret").text))
    }
}
