import Glibc
import Linux
import SystemPackage
import Testing

/// One after the other: there is one stack for such children.
@Suite(.serialized) struct ChildProcessTests {
    @Test
    func `a child in this process's memory writes what is read here, and this process stands still until it ends`()
        throws
    {
        let place = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        defer { place.deallocate() }
        place.initialize(to: 0)
        let child = try ChildProcess.startInOwnMemory {
            place.pointee = getpid()
            _exit(7)
        }
        #expect(place.pointee == child)
        #expect(try status(of: child) == 7 << 8)
    }

    @Test
    func `a child in this process's memory closes no descriptor of this process`() throws {
        let pipe = try Pipe()
        defer {
            pipe.reader.discard()
            pipe.writer.discard()
        }
        let child = try ChildProcess.startInOwnMemory {
            pipe.reader.discard()
            _exit(pipe.reader.isOpen ? 1 : 0)
        }
        #expect(try status(of: child) == 0)
        #expect(pipe.reader.isOpen)
    }

    @Test
    func `a child in this process's memory executes a program, and this process goes on`() throws {
        let words = CStringArray(["/bin/sh", "-c", "exit 5"].map { Array($0.utf8) })
        let none = CStringArray([])
        let child = try ChildProcess.startInOwnMemory {
            try? ProcessControl.execute(words, at: 0, arguments: words, environment: none)
            _exit(1)
        }
        #expect(try status(of: child) == 5 << 8)
    }

    func status(of child: Int32) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
        return status
    }
}
