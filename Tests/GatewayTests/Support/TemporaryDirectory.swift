import Foundation
import Policy
import Testing

/// A directory of its own for a test, removed with the value's last holder.
final class TemporaryDirectory: Sendable {
    let path: AbsolutePath

    /// A directory on the disk, or in memory for tests that write so often that the disk would hold them up.
    init(inMemory: Bool = false) throws {
        let shared = URL(fileURLWithPath: "/dev/shm")
        let parent =
            inMemory && FileManager.default.isWritableFile(atPath: shared.path)
            ? shared : FileManager.default.temporaryDirectory
        let url = parent.appendingPathComponent("gateway-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = try #require(AbsolutePath(url.path))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.text)
    }

    func write(_ text: String, to name: String) throws {
        let file = path / name
        try FileManager.default.createDirectory(atPath: file.parent.text, withIntermediateDirectories: true)
        try text.write(toFile: file.text, atomically: false, encoding: .utf8)
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: (path / name).text, encoding: .utf8)
    }

    /// The permission bits of `name`.
    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: (path / name).text)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}
