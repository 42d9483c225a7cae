import Glibc
import SystemPackage
import Testing

@testable import Linux

/// Children that are cloned do nothing but wait for a signal or end: they have copies of this process's locks.
@Suite(.serialized) struct PidfdTests {
    private func waitingChild() throws -> ChildProcess {
        guard let child = try ChildProcess.clone([]) else {
            // Whatever the tests' own process blocks or ignores; and not for ever, should that be killed.
            guard (try? Signals.reset()) != nil else { _exit(1) }
            alarm(600)
            while true { pause() }
        }
        return child
    }

    @Test(arguments: [0, 1, 7, 255] as [Int32])
    func `a child that exits is reaped with its code`(code: Int32) throws {
        guard let child = try ChildProcess.clone([]) else { _exit(code) }
        defer { child.pidfd.discard() }
        #expect(try child.wait() == .exited(code: code))
    }

    @Test(arguments: [SIGTERM, SIGKILL, SIGUSR1])
    func `a signal reaches the child that a descriptor stands for, and nobody after its end`(signal: Int32) throws {
        let child = try waitingChild()
        defer { child.pidfd.discard() }
        #expect(try !Readiness.isReadable(child.pidfd))
        try child.send(signal: signal)
        // Readable when it has ended, before it is reaped.
        #expect(try Readiness.wait(for: [.reading(child.pidfd)], milliseconds: 60_000).count == 1)
        #expect(try child.wait() == .killed(signal: signal))
        #expect(throws: Errno.noSuchProcess) { try child.send(signal: signal) }
        #expect(throws: Errno.self) { try child.wait() }
    }

    @Test func `no signal has a number above the last`() throws {
        let child = try waitingChild()
        defer { child.pidfd.discard() }
        #expect(throws: Errno.invalidArgument) { try child.send(signal: 65) }
        // The null signal only asks whether it is there.
        try child.send(signal: 0)
        try child.send(signal: SIGKILL)
        #expect(try child.wait() == .killed(signal: SIGKILL))
    }

    @Test(
        arguments: [
            (0x0000, .exited(code: 0)), (0x0700, .exited(code: 7)), (0xFF00, .exited(code: 255)),
            (0x0009, .killed(signal: 9)), (0x000F, .killed(signal: 15)),
            // With a core dump (WCOREDUMP, wait(2)).
            (0x008B, .killed(signal: 11)),
        ] as [(Int32, ChildProcess.End)])
    func `a wait status is a code or a signal`(status: Int32, end: ChildProcess.End) {
        #expect(ChildProcess.End(status: status) == end)
    }

    @Test func `descriptors and memory of a child are copied as they are, where the host lets anybody do that`() throws
    {
        let pipe = try Pipe()
        let secret = UnsafeMutablePointer<UInt8>.allocate(capacity: 4)
        defer {
            pipe.reader.discard()
            pipe.writer.discard()
            secret.deallocate()
        }
        secret.update(repeating: 0, count: 4)
        for (index, byte) in [1, 2, 3, 4].enumerated() { secret[index] = UInt8(byte) }
        let child = try waitingChild()
        defer { child.pidfd.discard() }
        let thread = try ForeignThread(threadID: child.processID)
        defer { thread.discard() }
        // The child's memory is a copy: what changes here does not change there.
        secret[0] = 9
        do throws(Errno) {
            let copy = try thread.takeDescriptor(pipe.reader.rawValue)
            #expect(try FileStatus(of: copy).inode == FileStatus(of: pipe.reader).inode)
            #expect(copy.rawValue != pipe.reader.rawValue)
            copy.discard()
            #expect(throws: Errno.badFileDescriptor) { try thread.takeDescriptor(1 << 20) }
            let address = UInt64(UInt(bitPattern: secret))
            #expect(try thread.readMemory(at: address, count: 4) == [1, 2, 3, 4])
            #expect(throws: Errno.badAddress) { try thread.readMemory(at: 0, count: 4) }
        } catch {
            // Yama's ptrace_scope, or a container's filter: then of no child whatever.
            #expect(error == .notPermitted || error == .noFunction)
        }
        #expect(try thread.closesOnExec(pipe.reader.rawValue))
        #expect(throws: Errno.noSuchFileOrDirectory) { try thread.closesOnExec(1 << 20) }
        try child.send(signal: SIGKILL)
        _ = try child.wait()
        #expect(throws: Errno.noSuchProcess) { try thread.takeDescriptor(0) }
        #expect(throws: Errno.self) { try ForeignThread(threadID: child.processID) }
    }
}
