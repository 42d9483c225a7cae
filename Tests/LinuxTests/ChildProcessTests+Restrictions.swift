import Foundation
import SystemPackage
import Testing

@testable import Linux

/// What a process may do to itself alone: each tried in a child, which it stays with.
extension ChildProcessTests {
    /// How `body` ends in a child of its own: 0, or its errno.
    private func errno(_ body: @escaping () throws(Errno) -> Void) throws -> Int32 {
        let child = try ChildProcess.startInOwnMemory {
            do throws(Errno) {
                try body()
            } catch {
                _exit(error.rawValue)
            }
            _exit(0)
        }
        let status = try status(of: child)
        #expect(status & 0x7F == 0, "the child was killed by signal \(status & 0x7F)")
        return status >> 8
    }

    private static func openNull() throws(Errno) {
        try FileDescriptor.workingDirectory.open("/dev/null", flags: O_RDONLY).discard()
    }

    @Test func `a limit holds from when it is set, and one above its own ceiling is none`() throws {
        let files = Int32(RLIMIT_NOFILE.rawValue)
        #expect(try errno { () throws(Errno) in try Self.openNull() } == 0)
        let refused = try errno { () throws(Errno) in
            // No number below three is free.
            try ProcessControl.setLimit(files, soft: 3, hard: 3)
            try Self.openNull()
        }
        #expect(refused == EMFILE)
        let kept = try errno { () throws(Errno) in
            try ProcessControl.setLimit(files, soft: 64, hard: 64)
            let limit = try ProcessControl.limit(files)
            guard limit.soft == 64, limit.hard == 64 else { throw .badMessage }
        }
        #expect(kept == 0)
        #expect(try errno { () throws(Errno) in try ProcessControl.setLimit(files, soft: 64, hard: 3) } == EINVAL)
        #expect(try errno { () throws(Errno) in try ProcessControl.setLimit(9999, soft: 1, hard: 1) } == EINVAL)
    }

    // getppid is system call 110 of x86-64; SECCOMP_RET_ERRNO with EXDEV, SECCOMP_RET_ALLOW (seccomp(2)).
    private static let refusingGetppid: [UInt8] = [
        0x20, 0, 0, 0, 0, 0, 0, 0,
        0x15, 0, 0, 1, 110, 0, 0, 0,
        0x06, 0, 0, 0, 18, 0, 5, 0,
        0x06, 0, 0, 0, 0, 0, 0xFF, 0x7F,
    ]

    @Test(.enabled(if: (try? SeccompFilter.checkAvailability()) != nil, "the kernel takes no filter"))
    func `a filter refuses the call it names, and no other`() throws {
        let refused = try errno { () throws(Errno) in
            try ProcessControl.setNoNewPrivileges()
            try SeccompFilter.install(Self.refusingGetppid)
            // Another call is what it was.
            guard getpid() > 0, fcntl(0, F_GETFD) != EXDEV else { throw .badMessage }
            try KernelProbe.call(110)
        }
        #expect(refused == EXDEV)
    }

    @Test(
        .enabled(if: (try? SeccompFilter.checkAvailability()) != nil, "the kernel takes no filter"),
        arguments: [0, 8, 16])
    func `a program that ends without an answer is no filter`(length: Int) throws {
        let program = Array(Self.refusingGetppid.prefix(length))
        let refused = try errno { () throws(Errno) in
            try ProcessControl.setNoNewPrivileges()
            try SeccompFilter.install(program)
        }
        #expect(refused == EINVAL)
    }

    @Test(.enabled(if: Landlock.abiVersion >= 1, "the kernel has no Landlock"))
    func `a ruleset lets a process read what is listed, and nothing beside it`() throws {
        let root = NSTemporaryDirectory() + "mazelclaw-landlock-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for name in ["listed", "other"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(filePath: "\(root)/\(name)/file"))
        }
        func read(_ name: String, restricted: Bool) throws -> Int32 {
            try errno { () throws(Errno) in
                if restricted {
                    try ProcessControl.setNoNewPrivileges()
                    let ruleset = try Landlock(files: .readFile, ports: [], scope: [])
                    try ruleset.allow(.readFile, beneath: root + "/listed")
                    try ruleset.restrictSelf()
                }
                _ = try FileSystem.read("\(root)/\(name)/file")
            }
        }
        #expect(try read("listed", restricted: true) == 0)
        #expect(try read("other", restricted: true) == EACCES)
        #expect(try read("other", restricted: false) == 0)
    }

    @Test(.enabled(if: Landlock.abiVersion >= 4, "Landlock here knows no ports"))
    func `a ruleset lets a process bind the port that is listed, and no other`() throws {
        // Two that were free a moment ago; a process that took one since would be EADDRINUSE, which is no refusal.
        func bind(_ port: UInt16) throws -> Int32 {
            try errno { () throws(Errno) in
                try ProcessControl.setNoNewPrivileges()
                let ruleset = try Landlock(files: [], ports: .bind, scope: [])
                try ruleset.allow(.bind, port: 40001)
                try ruleset.restrictSelf()
                let socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: true)
                var address: [UInt8] = [UInt8(AF_INET), 0, UInt8(port >> 8), UInt8(port & 0xFF), 127, 0, 0, 1]
                address += [UInt8](repeating: 0, count: 8)
                try socket.bind(to: address)
            }
        }
        #expect([0, EADDRINUSE].contains(try bind(40001)))
        #expect(try bind(40002) == EACCES)
    }

    @Test func `a ruleset of nothing is none, and neither is a rule beyond what it handles`() throws {
        guard Landlock.abiVersion >= 1 else {
            #expect(throws: Errno.self) { try Landlock(files: .readFile, ports: [], scope: []) }
            return
        }
        #expect(try errno { () throws(Errno) in _ = try Landlock(files: [], ports: [], scope: []) } == ENOMSG)
        let beyond = try errno { () throws(Errno) in
            try Landlock(files: .readFile, ports: [], scope: []).allow(.execute, beneath: "/")
        }
        #expect(beyond == EINVAL)
        let nowhere = try errno { () throws(Errno) in
            try Landlock(files: .readFile, ports: [], scope: []).allow(.readFile, beneath: "/nowhere/at/all")
        }
        #expect(nowhere == ENOENT)
    }

    @Test func `what exec closes is marked from a number on, and one can be kept`() throws {
        let pipe = try Linux.Pipe()
        defer {
            pipe.reader.discard()
            pipe.writer.discard()
        }
        let flags = try errno { () throws(Errno) in
            try pipe.reader.setCloseOnExec(false)
            try pipe.writer.setCloseOnExec(false)
            try ProcessControl.closeOnExec(from: 3)
            guard fcntl(pipe.reader.rawValue, F_GETFD) == FD_CLOEXEC else { throw .badMessage }
            try pipe.writer.setCloseOnExec(false)
            guard fcntl(pipe.writer.rawValue, F_GETFD) == 0 else { throw .badMessage }
        }
        #expect(flags == 0)
        // Its own table: here nothing has changed.
        #expect(fcntl(pipe.reader.rawValue, F_GETFD) == FD_CLOEXEC)
    }

    @Test func `a session, a mask, a directory and a name are the child's own`() throws {
        let root = NSTemporaryDirectory() + "mazelclaw-child-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let ended = try errno { () throws(Errno) in
            try ProcessControl.startSession()
            guard getsid(0) == getpid() else { throw .badMessage }
            ProcessControl.setFileModeMask(0o027)
            try ProcessControl.changeDirectory(to: root)
            try FileSystem.makeDirectory("made", mode: 0o777)
            try ProcessControl.setName("a name longer than fifteen bytes")
            guard SocketOwner(processID: getpid()).program == "a name longer t" else { throw .badMessage }
            // A session's leader has its group already.
            try ProcessControl.startSession()
        }
        #expect(ended == EPERM)
        #expect(try FileStatus(of: root + "/made").mode & 0o777 == 0o750)
        #expect(try errno { () throws(Errno) in try ProcessControl.changeDirectory(to: "/nowhere/at/all") } == ENOENT)
    }
}
