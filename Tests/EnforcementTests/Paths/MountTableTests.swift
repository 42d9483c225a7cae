import Policy
import Testing

@testable import Enforcement

/// Lines of proc_pid_mountinfo(5), also with mount points that somebody has chosen to be misread.
@Suite struct MountTableTests {
    private func points(_ lines: String...) -> [String] {
        MountTable.mountPoints(in: Array(lines.map { $0 + "\n" }.joined().utf8)).map(\.text)
    }

    private func line(_ point: String) -> String { "36 35 98:0 / \(point) rw,noatime master:1 - ext3 /dev/root rw" }

    @Test func `the fifth field of each line is a mount point, in their order`() {
        #expect(points(line("/"), line("/proc"), line("/var/lib")) == ["/", "/proc", "/var/lib"])
        #expect(points().isEmpty)
        // Fewer fields than any line has.
        #expect(points("", "36", "36 35 98:0 /", line("/proc")) == ["/proc"])
    }

    @Test(
        arguments: [
            (#"/a\040b"#, "/a b"), (#"/a\011b"#, "/a\tb"), (#"/a\012b"#, "/a\nb"), (#"/a\134b"#, #"/a\b"#),
            (#"/a\134040b"#, #"/a\040b"#), (#"/a\04"#, #"/a\04"#), (#"/a\"#, #"/a\"#), (#"/a\999b"#, #"/a\999b"#),
            (#"/a\777b"#, #"/a\777b"#), (#"/a\303\251"#, "/a\u{e9}"),
        ] as [(String, String)])
    func `what a name escapes is what it holds, and half an escape is itself`(field: String, path: String) {
        #expect(MountTable.path(unescaping: Array(field.utf8)[...])?.text == path)
    }

    @Test(arguments: ["", "relative", #"\057a"#, "/a/../b", "net:[4026531840]"])
    func `what is no absolute path is no place`(field: String) {
        let path = MountTable.path(unescaping: Array(field.utf8)[...])
        #expect(path?.text == (field == #"\057a"# ? "/a" : nil))
    }

    @Test func `a mount point that holds a line's likeness is one place`() {
        // The kernel escapes spaces and line feeds, so that no name ends a field or a line.
        #expect(points(line(#"/x\01236\04035\04098:0\040/\040/proc"#)) == ["/x\n36 35 98:0 / /proc"])
    }

    @Test func `a table that is cut off anywhere has only places that stand in it whole`() {
        let table = Array((line("/first") + "\n" + line("/second/third") + "\n").utf8)
        for length in 0...table.count {
            let points = MountTable.mountPoints(in: Array(table.prefix(length))).map(\.text)
            #expect([[], ["/first"], ["/first", "/second/third"]].contains(points), "\(length): \(points)")
        }
    }

    @Test func `this host has a root and a proc`() throws {
        let points = try MountTable.mountPoints()
        #expect(points.contains(.root))
        #expect(points.contains(.root / "proc"))
    }
}
