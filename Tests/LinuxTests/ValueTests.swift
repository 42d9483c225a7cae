import Glibc
import SystemPackage
import Testing

@testable import Linux

/// What is computed from numbers of the kernel's.
@Suite struct ValueTests {
    @Test(
        arguments: [
            (EPERM, "EPERM"), (ENOENT, "ENOENT"), (EACCES, "EACCES"), (EAGAIN, "EAGAIN"), (ENOTSUP, "EOPNOTSUPP"),
            (133, "EHWPOISON"), (0, "0"), (4095, "errno 4095"), (-1, "errno -1"),
        ] as [(Int32, String)])
    func `an errno has the symbol of the manual, or its number`(number: Int32, name: String) {
        #expect(Errno(rawValue: number).name == name)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func `a moment is told in UTC`(seconds: Int64, text: String) {
        #expect(UTCTime.text(seconds) == text)
    }

    @Test func `a later Landlock handles all that an earlier one does, and no more than it knows`() {
        let counts = (0...8).map { Landlock.FileAccess.handled(abi: $0).rawValue.nonzeroBitCount }
        // landlock(7): 13 rights of the first, then refer, truncate and ioctl_dev.
        #expect(counts == [0, 13, 14, 15, 15, 16, 16, 16, 16])
        #expect(Landlock.FileAccess.handled(abi: -1).isEmpty)
        for abi in 1...7 as ClosedRange<Int32> {
            #expect(Landlock.FileAccess.handled(abi: abi - 1).isSubset(of: .handled(abi: abi)))
        }
        #expect(Landlock.FileAccess.handled(abi: 1).isSuperset(of: .read))
        #expect(!Landlock.FileAccess.handled(abi: 2).contains(.truncate))
    }

    @Test func `strings for exec are laid out as they are, and end`() {
        let strings: [[UInt8]] = [Array("/bin/sh".utf8), [], [0xFF, 0x01]]
        let laidOut = CStringArray(strings)
        #expect(laidOut.count == 3)
        #expect(laidOut.strings == strings)
        #expect(CStringArray([]).strings.isEmpty)
    }

    @Test func `a call that is refused is told from one whose arguments are at fault`() {
        func errno(_ body: () throws(Errno) -> Void) -> Errno? {
            do throws(Errno) {
                try body()
                return nil
            } catch {
                return error
            }
        }
        // EPERM and ENOSYS are what a filter over this process answers.
        // Memory at address 0 is nobody's; a process that is not there is none.
        let own = errno { () throws(Errno) in try KernelProbe.readMemory(of: getpid()) }
        #expect([.badAddress, .notPermitted, .noFunction].contains(own))
        let nobody = errno { () throws(Errno) in try KernelProbe.readMemory(of: (1 << 22) + 1) }
        #expect([.noSuchProcess, .notPermitted, .noFunction].contains(nobody))
        // 334 to 423 are no system calls of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl).
        #expect([.notPermitted, .noFunction].contains(errno { () throws(Errno) in try KernelProbe.call(400) }))
    }
}
