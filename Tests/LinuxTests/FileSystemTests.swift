import Foundation
import SystemPackage
import Testing

@testable import Linux

@Suite struct FileSystemTests {
    /// A directory that goes with the test.
    private final class Directory {
        let path = NSTemporaryDirectory() + "mazelclaw-\(UUID().uuidString)"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
    }

    private static let text = Array("new\n".utf8)

    @Test(arguments: [0o600, 0o644, 0o666])
    func `a new file has its content and exactly its mode, and no other name`(mode: UInt32) throws {
        let directory = try Directory()
        let file = directory.path + "/file"
        try FileSystem.replace(file, with: Self.text, mode: mode)
        #expect(try FileSystem.read(file) == Self.text)
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == Int(mode))
        #expect(directory.names == ["file"])
    }

    @Test func `a file is replaced, also where a killed process of this ID left its temporary name`() throws {
        let directory = try Directory()
        let file = directory.path + "/file"
        try Data("old".utf8).write(to: URL(filePath: file))
        try Data("left".utf8).write(to: URL(filePath: "\(file).\(OwnProcess.processID).tmp"))
        try FileSystem.replace(file, with: Self.text, mode: 0o600)
        #expect(try FileSystem.read(file) == Self.text)
        #expect(directory.names == ["file"])
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `what cannot be replaced is left alone, with no name beside it`() throws {
        let directory = try Directory()
        let target = directory.path + "/directory"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        #expect(throws: Errno.isDirectory) { try FileSystem.replace(target, with: Self.text, mode: 0o600) }
        #expect(directory.names == ["directory"])
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try FileSystem.replace(directory.path + "/nowhere/file", with: Self.text, mode: 0o600)
        }
    }
}
