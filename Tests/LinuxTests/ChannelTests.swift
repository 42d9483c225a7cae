import Foundation
import SystemPackage
import Testing

@testable import Linux

@Suite struct ChannelTests {
    @Test func `messages come whole, in order, and with their sender`() throws {
        let (receiver, sender) = try Channel.pair()
        defer { receiver.descriptor.discard() }
        let sizes = [1, 100, 4096]
        for size in sizes { try sender.send([UInt8](repeating: UInt8(size % 251), count: size)) }
        for size in sizes {
            let message = try receiver.receive()
            #expect(message.bytes == [UInt8](repeating: UInt8(size % 251), count: size))
            #expect(message.sender == getpid())
            #expect(message.descriptor == nil)
        }
        sender.descriptor.discard()
        #expect(try receiver.receive().bytes.isEmpty)
        #expect(try receiver.waitForMessage() == nil)
    }

    @Test func `a descriptor that comes along is the sender's open file`() throws {
        let (receiver, sender) = try Channel.pair()
        defer {
            receiver.descriptor.discard()
            sender.descriptor.discard()
        }
        let root = try FileDescriptor.workingDirectory.open("/", flags: OpenFlag.path)
        defer { root.discard() }
        try sender.send([7], with: root)
        let message = try receiver.receive()
        #expect(message.bytes == [7])
        let received = try #require(message.descriptor)
        defer { received.discard() }
        #expect(received.rawValue != root.rawValue)
        #expect(try FileStatus(of: received).inode == FileStatus(of: root).inode)
        // Closed by exec, as the channel's ends are.
        #expect(fcntl(received.rawValue, F_GETFD) & FD_CLOEXEC != 0)
    }
}
