import CProbe
import Glibc

/// T and D: terminal, descriptors, working directory, signals.
extension AttemptTable {
    mutating func addSession() {
        add("T01", "open the controlling terminal") { File.open("/dev/tty", O_RDWR) }
        add("T01", "leader of the session") { .permitted(value: "\(getsid(0))") }
        add("T01", "open a pseudo-terminal") { File.open("/dev/ptmx", O_RDWR | O_NOCTTY) }
        add("D01", "open descriptors") {
            guard let names = File.names(in: "/proc/self/fd") else { return .refused(errno) }
            // The last is the directory's own, and in a child there is the pipe of its report.
            let open = names.compactMap(Int32.init).filter { number in
                var status = stat()
                guard fstat(number, &status) == 0 else { return false }
                return number < 3 || status.st_mode & S_IFMT != S_IFIFO
            }
            return .permitted(value: open.map(String.init).joined(separator: " "))
        }
        add("D04", "working directory is the home directory") {
            guard let directory = getcwd(nil, 0), let home = getenv("HOME") else { return .refused(errno) }
            defer { free(directory) }
            let isHome = strcmp(directory, home) == 0
            return .permitted(value: isHome ? "yes" : String(cString: directory))
        }
        add("D05", "file mode mask") {
            let mask = umask(0o077)
            return .permitted(value: "0" + String(mask, radix: 8))
        }
        for field in ["SigBlk", "SigIgn"] {
            add("D05", "status \(field)") { Self.status(field) }
        }
        add("D07", "AT_SECURE") { Self.auxiliary(23) }
        add("D07", "AT_EXECFN") {
            guard case .permitted(let text?) = Self.auxiliary(31), let address = UInt(text),
                let name = UnsafePointer<CChar>(bitPattern: address)
            else { return .refused(ENODATA) }
            let isName = String(cString: name) == CommandLine.arguments[0]
            return .permitted(value: isName ? "the name it was called by" : String(cString: name))
        }
        add("D10", "host name") {
            guard let content = File.content("/proc/sys/kernel/hostname") else { return .refused(errno) }
            return .permitted(value: String(decoding: content.dropLast(), as: UTF8.self))
        }
    }

    /// An entry of the auxiliary vector (getauxval(3)): pairs of 64-bit words.
    private static func auxiliary(_ key: UInt64) -> Outcome {
        guard let content = File.content("/proc/self/auxv") else { return .refused(errno) }
        let words = content.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
        for index in stride(from: 0, to: words.count - 1, by: 2) where words[index] == key {
            return .permitted(value: "\(words[index + 1])")
        }
        return .permitted(value: "absent")
    }
}
