import Foundation
import Glibc
import Linux
import SystemPackage
import Testing

@testable import Enforcement

/// Messages through pipes whose other end is read when the test says so.
@Suite struct MessageOutletTests {
    private let pipe: Linux.Pipe
    private let outlet: MessageOutlet

    init() throws {
        pipe = try Linux.Pipe()
        outlet = MessageOutlet(try Outlet(pipe.writer)) { "lost \($0)\n" }
        try pipe.reader.setNonBlocking(true)
    }

    /// All that is in the pipe now.
    private func read() throws -> String { try read(pipe.reader) }

    private func read(_ reader: FileDescriptor) throws -> String {
        var text: [UInt8] = []
        do throws(Errno) {
            while true { text += try reader.readSome(limit: 1 << 16) }
        } catch {
            guard error == .resourceTemporarilyUnavailable else { throw error }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private let page = String(repeating: "x", count: 4095) + "\n"

    @Test func `what fits is written at once`() throws {
        outlet.write("one\n")
        outlet.write("two\n")
        #expect(outlet.interest == nil)
        #expect(try read() == "one\ntwo\n")
        #expect(try !pipe.writer.isNonBlocking())
    }

    @Test func `what does not fit is counted, and the count told once there is room`() throws {
        for _ in 0..<16 { outlet.write(page) }
        #expect(outlet.interest == nil)
        for _ in 0..<5 { outlet.write("dropped\n") }
        #expect(outlet.interest != nil)
        outlet.proceed()
        #expect(outlet.interest != nil)
        #expect(try read() == String(repeating: page, count: 16))
        outlet.proceed()
        #expect(outlet.interest == nil)
        #expect(try read() == "lost 5\n")
        outlet.write("next\n")
        #expect(try read() == "next\n")
    }

    @Test func `the count comes before the next message`() throws {
        for _ in 0..<17 { outlet.write(page) }
        _ = try read()
        outlet.write("next\n")
        #expect(try read() == "lost 1\nnext\n")
    }

    @Test func `a message that was begun is written to its end first`() throws {
        let long = String(repeating: "long", count: 50_000) + "\n"
        outlet.write(long)
        outlet.write("dropped\n")
        var text = ""
        while outlet.interest != nil {
            text += try read()
            outlet.proceed()
        }
        text += try read()
        #expect(text == long + "lost 1\n")
    }

    @Test func `patience waits, and in vain but once`() throws {
        for _ in 0..<16 { outlet.write(page) }
        outlet.becomePatient(milliseconds: 50)
        for _ in 0..<100 { outlet.write("dropped\n") }
        #expect(try read().count == 16 * page.count)
        outlet.proceed()
        #expect(try read() == "lost 100\n")
    }

    @Test func `nobody waits for a reader who has gone, and one who comes is told`() throws {
        // As in the launcher, where it is blocked.
        signal(SIGPIPE, SIG_IGN)
        let path = NSTemporaryDirectory() + "mazelclaw-\(UUID().uuidString)"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let here = FileDescriptor.workingDirectory
        let first = try here.open(path, flags: O_RDONLY | O_NONBLOCK)
        let outlet = MessageOutlet(try Outlet(here.open(path, flags: O_WRONLY))) { "lost \($0)\n" }
        outlet.write("one\n")
        for _ in 0..<17 { outlet.write(page) }
        #expect(outlet.interest != nil)
        first.discard()
        outlet.proceed()
        #expect(outlet.interest == nil)
        outlet.write("nobody\n")
        #expect(outlet.interest == nil)
        let second = try here.open(path, flags: O_RDONLY | O_NONBLOCK)
        defer { second.discard() }
        #expect(try read(second) == "one\n" + String(repeating: page, count: 15))
        outlet.write("somebody\n")
        #expect(try read(second) == "lost 3\nsomebody\n")
    }

    @Test func `a device that takes nothing is not waited for`() throws {
        let full = try FileDescriptor.workingDirectory.open("/dev/full", flags: O_WRONLY)
        defer { full.discard() }
        let outlet = MessageOutlet(try Outlet(full)) { "lost \($0)\n" }
        outlet.write("one\n")
        outlet.write("two\n")
        #expect(outlet.interest == nil)
    }
}
