import Foundation
import SystemPackage
import Testing

@testable import Linux

@Suite struct FileLockTests {
    private let path = NSTemporaryDirectory() + "lock-\(UUID().uuidString)"

    private func open() throws -> FileDescriptor {
        try FileDescriptor.workingDirectory.open(path, flags: O_RDWR | O_CREAT, mode: 0o600)
    }

    @Test func `a lock is held by one open file until that is closed`() throws {
        defer { unlink(path) }
        let (first, second) = (try open(), try open())
        defer { second.discard() }
        #expect(try !FileLock.isHeld(second))
        #expect(try FileLock.tryAcquire(first))
        // Once more by who has it.
        #expect(try FileLock.tryAcquire(first))
        #expect(try !FileLock.tryAcquire(second))
        #expect(try FileLock.isHeld(second))
        #expect(throws: Errno.timedOut) { try FileLock.acquire(second, milliseconds: 1) }
        first.discard()
        #expect(try !FileLock.isHeld(second))
        try FileLock.acquire(second, milliseconds: 0)
    }

    @Test func `who waits for a lock gets it when it is given up`() async throws {
        defer { unlink(path) }
        let (first, second) = (try open(), try open())
        defer { second.discard() }
        try FileLock.acquire(first, milliseconds: 0)
        let waiting = Thread { first.discard() }
        waiting.start()
        try FileLock.acquire(second, milliseconds: 60_000)
    }
}
