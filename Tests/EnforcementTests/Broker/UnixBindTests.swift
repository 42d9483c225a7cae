import Foundation
import Glibc
import Linux
import SystemPackage
import Testing

@testable import Enforcement

/// Binding on behalf of a thread whose number may be another's by the time its directories are opened. That a thread whose
/// call waits gets its socket BrokerTests see, in a process whose directory and mask are nobody else's.
@Suite struct UnixBindTests {
    /// Binds `path` for the calling thread, whose call has gone after `looks` looks at it; returns the error, and whether
    /// a socket was made.
    private static func bind(_ path: String, looks: Int) throws -> (error: Errno?, isMade: Bool) {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "s").path
        let socket = try FileDescriptor.unixStreamSocket()
        defer { socket.discard() }
        let thread = try ForeignThread(threadID: getpid())
        defer { thread.discard() }
        var left = looks
        var failure: Errno?
        do throws(Errno) {
            try UnixBind.bind(
                socket, to: FileDescriptor.unixAddress(path.replacing("DIRECTORY", with: directory.path)), for: thread
            ) { () throws(Errno) in
                left -= 1
                guard left >= 0 else { throw .noSuchProcess }
            }
        } catch {
            failure = error
        }
        return (failure, FileManager.default.fileExists(atPath: file))
    }

    /// Its root, its working directory, and after either its file mode mask.
    @Test(arguments: ["DIRECTORY/s", "mazelclaw-never-made"], 0...1)
    func `nothing is bound for a thread that is gone once its directory has been opened`(
        path: String, looks: Int
    ) throws {
        let (error, isMade) = try Self.bind(path, looks: looks)
        #expect(error == .noSuchProcess)
        #expect(!isMade && !FileManager.default.fileExists(atPath: "mazelclaw-never-made"))
    }
}
