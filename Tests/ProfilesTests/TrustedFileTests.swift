import Foundation
import Policy
import Profiles
import Testing

@Suite struct TrustedFileTests {
    private let state: StateFixture
    private let file: AbsolutePath

    init() throws {
        state = try StateFixture()
        file = state.directories.configuration / "file"
        try FileManager.default.createDirectory(
            atPath: state.directories.configuration.text, withIntermediateDirectories: true)
        try Data("content".utf8).write(to: URL(filePath: file.text))
        chmod(file.text, 0o600)
    }

    private func reason() -> String? {
        do throws(ProfileError) {
            _ = try TrustedFile.read(file)
            return nil
        } catch {
            guard case .untrusted(_, let reason) = error else { return "\(error)" }
            return reason
        }
    }

    @Test func `a file of one's own that nobody else can write is read, and one that is not there is nil`() throws {
        #expect(try TrustedFile.read(file) == Array("content".utf8))
        chmod(file.text, 0o644)
        #expect(try TrustedFile.read(file) == Array("content".utf8))
        #expect(try TrustedFile.read(file / "below") == nil)
        #expect(try TrustedFile.read(file.parent / "nothing") == nil)
    }

    @Test(arguments: [0o620, 0o602, 0o666]) func `a file that others can write is not`(mode: mode_t) {
        chmod(file.text, mode)
        #expect(reason() == "group or others may write it")
    }

    @Test func `what is no regular file is not, and holds nobody up`() {
        unlink(file.text)
        #expect(mkfifo(file.text, 0o600) == 0)
        #expect(reason() == "it is no regular file")
        unlink(file.text)
        #expect(mkdir(file.text, 0o700) == 0)
        #expect(reason() == "it is no regular file")
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes files of others"))
    func `another user's file is read only where that user is named`() throws {
        chown(file.text, 61_234, 61_234)
        #expect(reason() == "it belongs to user 61234")
        #expect(try TrustedFile.read(file, owners: [61_234]) == Array("content".utf8))
    }
}
