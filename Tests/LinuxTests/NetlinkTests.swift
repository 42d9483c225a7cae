import SystemPackage
import Testing

@testable import Linux

/// The messages of netlink(7) and their attributes, whole, cut off, and with lengths that cannot be.
@Suite struct NetlinkTests {
    private static func bytes(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }

    /// A message of `type` with `content`, which says that it is `length` bytes long; padded to four bytes.
    private static func message(_ type: UInt32, _ content: [UInt8], length: Int? = nil) -> [UInt8] {
        let header = bytes(UInt32(length ?? 16 + content.count), 4) + bytes(type, 2) + [UInt8](repeating: 0, count: 10)
        let message = header + content
        return message + [UInt8](repeating: 0, count: -message.count & 3)
    }

    // NLMSG_ERROR, NLMSG_DONE and SOCK_DIAG_BY_FAMILY (linux/netlink.h, linux/sock_diag.h).
    private static let (failure, done, answer): (UInt32, UInt32, UInt32) = (2, 3, 20)

    private static func contents(_ buffer: [UInt8], count: Int? = nil) throws -> (contents: [[UInt8]], isOver: Bool) {
        var contents: [[UInt8]] = []
        let isOver = try SocketDiagnostics.readMessages(in: buffer, count: count ?? buffer.count) { buffer, content in
            contents.append(Array(buffer[content]))
        }
        return (contents, isOver)
    }

    @Test func `messages are shown one after the other, to the last one`() throws {
        let first = Self.message(Self.answer, [1, 2, 3])
        let second = Self.message(Self.answer, [4, 5, 6, 7, 8])
        let open = try Self.contents(first + second)
        #expect(open.contents == [[1, 2, 3], [4, 5, 6, 7, 8]])
        #expect(!open.isOver)
        let over = try Self.contents(first + Self.message(Self.done, [0, 0, 0, 0]) + second)
        #expect(over.contents == [[1, 2, 3]])
        #expect(over.isOver)
        #expect(try Self.contents([]).contents.isEmpty)
    }

    @Test func `what is left in the buffer from before is not read`() throws {
        let first = Self.message(Self.answer, [1, 2, 3, 4])
        #expect(
            try Self.contents(first + Self.message(Self.answer, [9]), count: first.count).contents == [[1, 2, 3, 4]])
    }

    @Test(arguments: [(1, Errno.notPermitted), (2, .noSuchFileOrDirectory), (95, .notSupported)] as [(Int32, Errno)])
    func `an error is the kernel's own`(number: Int32, error: Errno) {
        let code = Self.bytes(UInt32(bitPattern: -number), 4)
        #expect(throws: error) { try Self.contents(Self.message(Self.failure, code)) }
    }

    @Test func `an answer that is cut off anywhere is a bad one, or has fewer messages`() throws {
        let whole = Self.message(Self.answer, [1, 2, 3, 4]) + Self.message(Self.answer, [5, 6, 7, 8])
        for length in 0..<whole.count {
            do {
                let shown = try Self.contents(whole, count: length).contents
                #expect(shown == (length < 20 ? [] : [[1, 2, 3, 4]]), "\(length)")
                // Between two messages, or in a header, which says nothing of its length yet.
                #expect(length < 16 || (20..<36).contains(length), "\(length)")
            } catch let error as Errno {
                #expect(error == .badMessage)
                #expect((16..<20).contains(length) || (36..<40).contains(length), "\(length)")
            }
        }
    }

    @Test(arguments: [0, 1, 15, 21, 1 << 20, Int(UInt32.max)])
    func `a length that is no message's is refused`(length: Int) {
        #expect(throws: Errno.badMessage) {
            try Self.contents(Self.message(Self.answer, [1, 2, 3, 4], length: length))
        }
        #expect(throws: Errno.badMessage) { try Self.contents(Self.message(Self.failure, [], length: 16)) }
    }

    // MARK: Attributes of a Unix socket

    /// An attribute of `type` (UNIX_DIAG_NAME is 0, linux/unix_diag.h); padded to four bytes.
    private static func attribute(_ type: UInt32, _ content: [UInt8], length: Int? = nil) -> [UInt8] {
        let attribute = bytes(UInt32(length ?? 4 + content.count), 2) + bytes(type, 2) + content
        return attribute + [UInt8](repeating: 0, count: -attribute.count & 3)
    }

    private static func path(_ attributes: [UInt8]) -> String? {
        // As behind a message's own fields.
        let buffer = [UInt8](repeating: 0xFF, count: 5) + attributes
        return SocketDiagnostics.unixPath(in: buffer, 5..<buffer.count)
    }

    @Test func `a path is found among other attributes, and ends at its zero`() {
        let path = Array("/run/x.sock".utf8)
        #expect(Self.path(Self.attribute(0, path)) == "/run/x.sock")
        #expect(Self.path(Self.attribute(4, [1, 2, 3]) + Self.attribute(0, path + [0, 65])) == "/run/x.sock")
    }

    @Test func `no name, an abstract one and one of wrong length are no path`() {
        #expect(Self.path([]) == nil)
        #expect(Self.path(Self.attribute(4, [1, 2, 3])) == nil)
        #expect(Self.path(Self.attribute(0, [])) == nil)
        #expect(Self.path(Self.attribute(0, [0] + Array("abstract".utf8))) == nil)
        for length in [0, 1, 3, 9, 100, 65535] {
            #expect(Self.path(Self.attribute(0, Array("/run".utf8), length: length)) == nil, "\(length)")
        }
    }

    @Test func `attributes that are cut off anywhere hold no path`() {
        let whole = Self.attribute(4, [1, 2, 3]) + Self.attribute(0, Array("/run/x".utf8))
        // But for the padding, which nothing is in.
        for length in 0..<whole.count - 2 { #expect(Self.path(Array(whole.prefix(length))) == nil, "\(length)") }
    }
}
