import Glibc
public import SystemPackage

/// How much memory a process takes.
public enum ProcessMemory {
    /// Of `process`, in bytes: what it has for itself, and its part of what several share (PSS, proc_pid_smaps_rollup(5)); where
    /// the kernel does not let that be seen, what is resident (proc_pid_statm(5)). Throws when there is no such process.
    public static func bytes(of process: Int32) throws(Errno) -> Int64 {
        do throws(Errno) {
            let text = try FileSystem.read("/proc/\(process)/smaps_rollup", limit: 8 << 10)
            for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Pss:".utf8) {
                if let kibibytes = number(line.dropFirst(4)) { return kibibytes << 10 }
            }
        } catch {
            guard error == .permissionDenied || error == .noSuchFileOrDirectory else { throw error }
        }
        let fields = try FileSystem.read("/proc/\(process)/statm", limit: 256).split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = number(fields[1]) else { return 0 }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The number that `text` begins with, behind blanks.
    private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
        let digits = text.drop { $0 == UInt8(ascii: " ") }.prefix {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}
