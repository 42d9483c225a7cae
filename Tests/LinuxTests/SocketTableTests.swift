import Foundation
import SystemPackage
import Testing

@testable import Linux

/// The tables of proc_net(5), which are read where netlink is not to be had.
@Suite struct SocketTableTests {
    /// A table that goes with the test.
    private final class Table {
        let path = NSTemporaryDirectory() + "mazelclaw-table-\(UUID().uuidString)"

        init(_ lines: [String]) throws {
            try Data((["header"] + lines).map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: path))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func line(_ address: String, _ state: String = "0A", user: String = "1000", inode: String = "77") -> String
    {
        "   0: \(address) 00000000:0000 \(state) 00000000:00000000 00:00000000 00000000  \(user)        0 \(inode) 1 0"
    }

    @Test func `a line is a socket, with its address in network order`() throws {
        let table = try Table([
            line("0100007F:4A65"), line("0100007F:0016", "01", inode: "78"),
            line("00000000000000000000000001000000:FFFF", inode: "79"),
        ])
        let listening = try SocketEntry.listed(in: table.path, state: "0A")
        #expect(listening.map(\.port) == [19045, 65535])
        #expect(listening.map(\.inode) == [77, 79])
        #expect(listening.map(\.userID) == [1000, 1000])
        #expect(listening[0].address == [127, 0, 0, 1])
        #expect(listening[1].address == Array(repeating: 0, count: 15) + [1])
        #expect(try SocketEntry.listed(in: table.path, state: nil).map(\.inode) == [77, 78, 79])
    }

    @Test(arguments: [
        "", "0:", "   0: 0100007F:4A65", "   0: 0100007F 0 0A 0 0 0 1000 0 77 1",
        "   0: 0100007F:XXXX 0 0A 0 0 0 1 0 7 1",
        "   0: 0100007F:10000 0 0A 0 0 0 1 0 7 1", "   0: 0100007F:4A65:1 0 0A 0 0 0 1 0 7 1",
        "   0: 0100007F:4A65 0 0A 0 0 0 1 0 many 1", "   0: 0100007F:4A65 0 0A 0 0 0 1 0 -1 1",
    ])
    func `a line that is short, or has no number where one must be, is no socket`(line: String) throws {
        #expect(try SocketEntry.listed(in: try Table([line]).path, state: nil).isEmpty)
    }

    @Test func `digits that are missing from an address are missing from its bytes, and a user that is none is nobody`()
        throws
    {
        let table = try Table([line("0100007:0001"), line("0100007F7:0003", user: "x")])
        let entries = try SocketEntry.listed(in: table.path, state: nil)
        #expect(entries.map(\.address) == [[], [127, 0, 0, 1]])
        #expect(entries.map(\.userID) == [1000, nil])
    }

    @Test func `Unix sockets are listed by path where somebody takes connections or datagrams`() throws {
        let flags = (listens: "00010000", connected: "00000000")
        func line(_ flags: String, _ type: String, _ name: String) -> String {
            "0000000000000000: 00000002 00000000 \(flags) \(type) 01 4711\(name)"
        }
        let table = try Table([
            line(flags.listens, "0001", " /run/stream"), line(flags.connected, "0001", " /run/connected"),
            line(flags.connected, "0002", " /run/datagrams"), line(flags.listens, "0001", " @abstract"),
            line(flags.listens, "0001", ""), line(flags.listens, "0001", " /run/with space"),
            line("many", "0001", " /run/x"),
        ])
        #expect(
            try UnixSocketName.listed(in: table.path) == ["/run/stream", "/run/datagrams", "/run/with space"])
        #expect(throws: Errno.noSuchFileOrDirectory) { try UnixSocketName.listed(in: table.path + ".none") }
    }

    @Test(
        arguments: [
            ("socket:[4711]", 4711), ("socket:[0]", 0), ("socket:[]", nil), ("socket:[-1]", nil), ("socket:[1x]", nil),
            ("pipe:[4711]", nil), ("/tmp/socket:[4711]", nil), ("socket:", nil), ("", nil),
            ("socket:[99999999999999999999]", nil),
        ] as [(String, UInt64?)])
    func `a link in proc names a socket by its inode, and nothing else does`(link: String, inode: UInt64?) {
        #expect(SocketOwner.inode(ofLink: link) == inode)
    }
}
