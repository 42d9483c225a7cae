import Files
import Foundation
import Policy
import Storage
import Testing
import Time

/// What the article "Back up an instance's database" shows, line by line; ArchitectureTests compares the two.
@Suite struct StorageArticleTests {
    @Test func `a database is copied beside its gateway, and put back`() async throws {
        var lines: [String] = []
        func print(_ line: String) { lines.append(line) }
        let directory = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(atPath: directory.text) }
        let (state, backup) = (directory / "state", directory / "backup.db")
        try DurableFile.makeDirectory(state)

        let database = try InstanceDatabase(stateDirectory: state)
        #expect(database.isNew)

        let view = try DatabaseView(stateDirectory: state)
        let size = try await view.backUp(to: backup)
        print("\(size) bytes")
        #expect(lines == ["\(try Data(contentsOf: URL(filePath: backup.text)).count) bytes"])
        await #expect(throws: StorageError.self) { try await view.backUp(to: backup) }

        try database.close()
        let restore = try DatabaseRestore(backup, stateDirectory: state)
        let kept = try await restore.commit(at: WallClock.system.now)
        #expect(FileManager.default.fileExists(atPath: try #require(kept).text))
        #expect(try !InstanceDatabase(stateDirectory: state, creates: false).isNew)
    }
}
