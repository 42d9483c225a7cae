import Glibc
import SystemPackage
import Testing

@testable import Linux

/// What proc_pid_status(5) says of a thread, also where somebody else has chosen what it says.
@Suite struct ProcessStatusTests {
    private func status(_ text: String) -> ProcessStatus { ProcessStatus(of: 7, text: Array(text.utf8)) }

    @Test func `each line that matters is read, whatever stands between them`() {
        let status = status("Name:\ta b\nUmask:\t0077\nState:\tS (sleeping)\nTgid:\t5\nPid:\t7\nNStgid:\t5\t3\t2\n")
        #expect(status.name == "a b")
        #expect(status.fileModeMask == 0o077)
        #expect(status.threadGroupID == 5)
        #expect(status.innermostProcessID == 2)
    }

    @Test(arguments: [
        "", "\n\n", "Tgid", "Tgid:", "Tgid:\t", "Tgid:\tx", "Tgid:\t99999999999", "NStgid:\t\t", "NStgid:\t5\tx",
        "Umask:\t9", "Umask:\t-1", "tgid:\t5", " Tgid:\t5", "VmTgid:\t5",
    ])
    func `what is no number is not taken for one`(text: String) {
        let status = status(text)
        #expect(status.threadGroupID == 7)
        #expect(status.innermostProcessID == 7)
        #expect(status.fileModeMask == 0o022)
    }

    @Test func `a thread's name says nothing about its process`() {
        // The kernel escapes a line feed in a name, so that it begins no line of its own.
        #expect(status("Name:\tx\\nTgid:\t1\nTgid:\t5\n").threadGroupID == 5)
        #expect(status("Name:\tTgid:\t1\n").threadGroupID == 7)
    }

    @Test func `a text that is cut off anywhere says no more than it holds`() {
        let text = "Name:\tprogram\nUmask:\t0022\nTgid:\t12\nNStgid:\t12\t34\n"
        for length in 0...text.utf8.count {
            let status = status(String(text.prefix(length)))
            #expect("program".hasPrefix(status.name), "\(length)")
            #expect([7, 1, 12].contains(status.threadGroupID), "\(length)")
            #expect([7, 1, 12, 3, 34].contains(status.innermostProcessID), "\(length)")
        }
    }

    @Test func `this process is its own, and one that is not there is none`() throws {
        let status = try ProcessStatus(of: getpid())
        #expect(status.threadGroupID == getpid())
        // No process has the ID above the highest (pid_max is 2^22 at most, proc_sys_kernel(5)).
        #expect(throws: Errno.noSuchFileOrDirectory) { try ProcessStatus(of: (1 << 22) + 1) }
    }
}
