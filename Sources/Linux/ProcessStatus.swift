import Glibc
public import SystemPackage

/// What /proc/PID/status tells of a thread (proc_pid_status(5)).
public struct ProcessStatus: Sendable {
    /// The process it belongs to.
    public var threadGroupID: Int32
    /// The process's ID in the innermost PID namespace it is in.
    public var innermostProcessID: Int32
    /// The process that it is a child of, in this process's PID namespace; 0 for one out of sight.
    public var parent: Int32
    /// In how many PID namespaces it has a number, from this process's on.
    public var namespaceDepth: Int
    /// How many filters of system calls are over it.
    public var filterCount: Int
    /// The thread's name, which it chooses itself.
    public var name: String
    /// The file mode creation mask.
    public var fileModeMask: UInt32

    /// Reads it. Throws ENOENT when there is no such thread.
    public init(of threadID: Int32) throws(Errno) {
        self.init(of: threadID, text: try FileSystem.read("/proc/\(threadID)/status", limit: 64 << 10))
    }

    /// What `text` says. Of what it leaves out, or says in a way that is none, the thread is taken to be its process, in no
    /// PID namespace below, and the mask to be 022.
    init(of threadID: Int32, text: [UInt8]) {
        threadGroupID = threadID
        innermostProcessID = threadID
        (parent, namespaceDepth, filterCount) = (0, 1, 0)
        name = ""
        fileModeMask = 0o022
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = String(decoding: line[(colon + 1)...].drop { $0 == 9 || $0 == 32 }, as: UTF8.self)
            switch String(decoding: line[..<colon], as: UTF8.self) {
            case "Name": name = value
            case "Umask": fileModeMask = UInt32(value, radix: 8) ?? fileModeMask
            case "Tgid": threadGroupID = Int32(value) ?? threadGroupID
            case "PPid": parent = Int32(value) ?? parent
            case "Seccomp_filters": filterCount = Int(value) ?? filterCount
            case "NStgid":
                let numbers = value.utf8.split(separator: 9)
                let last = numbers.last
                namespaceDepth = max(1, numbers.count)
                innermostProcessID = last.flatMap { Int32(Substring($0)) } ?? innermostProcessID
            default: continue
            }
        }
    }
}
