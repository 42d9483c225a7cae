internal import CLinux
import Glibc
public import SystemPackage

/// What this process was started with.
public enum OwnProcess {
    /// The arguments as bytes, the program's name first.
    public static var arguments: [[UInt8]] {
        var strings: [[UInt8]] = []
        for index in 0..<Int(clinux_argument_count()) {
            guard let string = clinux_arguments()[index] else { break }
            strings.append(UnsafeBufferPointer(start: string, count: strlen(string)).map { UInt8(bitPattern: $0) })
        }
        return strings
    }

    /// The environment, each `NAME=VALUE`; what is no UTF-8 is left out.
    public static var environment: [String] {
        guard var pointer = clinux_environment() else { return [] }
        var strings: [String] = []
        while let string = pointer.pointee {
            if let text = String(validatingCString: string) { strings.append(text) }
            pointer += 1
        }
        return strings
    }

    /// The value of one variable of the environment (getenv(3)); nil when it is not set.
    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The file this program was started from (/proc/self/exe, proc(5)).
    public static func executable() throws(Errno) -> String {
        try FileSystem.readSymbolicLink("/proc/self/exe")
    }

    /// This process's ID (getpid(2)).
    public static var processID: Int32 { getpid() }

    /// The kernel's release, such as `6.1.0-18-amd64` (uname(2)).
    public static var kernelRelease: String { systemName(\.release) }

    /// What this host, or its UTS namespace, is called (uname(2)).
    public static var hostName: String { systemName(\.nodename) }

    private static func systemName<Field>(_ field: (utsname) -> Field) -> String {
        var names = utsname()
        Glibc.uname(&names)
        return withUnsafeBytes(of: field(names)) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Overwrites the arguments that others see in /proc/PID/cmdline with `name`, and the thread's name too.
    ///
    /// The kernel shows the memory execve(2) laid out, whatever stands in it now.
    public static func hideArguments(behind name: String) throws(Errno) {
        guard clinux_argument_count() > 0, let first = clinux_arguments()[0] else { return }
        let length = arguments.reduce(0) { $0 + $1.count + 1 }
        memset(first, 0, length)
        for (offset, byte) in name.utf8.prefix(length - 1).enumerated() { first[offset] = CChar(bitPattern: byte) }
        try ProcessControl.setName(name)
    }

    /// Makes sure that 0, 1 and 2 are open and, but for `kept`, nothing else is; `kept` ascends, and exec closes it.
    ///
    /// A file opened as 2 would get the error messages; a descriptor left open would reach the payload. Throws EBADF
    /// when one to be kept is not open.
    public static func tidyDescriptors(keeping kept: [Int32]) throws(Errno) {
        for standard in 0..<3 as Range<Int32> where fcntl(standard, F_GETFD) == -1 {
            let null = try FileDescriptor.workingDirectory.open("/dev/null", flags: O_RDWR)
            try null.setCloseOnExec(false)
        }
        var next: UInt32 = 3
        for number in kept where number > 2 {
            if number > next { _ = try valueOrErrno(clinux_close_range(next, UInt32(number) - 1, 0)) }
            next = UInt32(number) + 1
            try FileDescriptor(rawValue: number).setCloseOnExec(true)
        }
        _ = try valueOrErrno(clinux_close_range(next, .max, 0))
    }

    /// Closes every descriptor but `kept` (close_range(2)).
    public static func closeDescriptors(but kept: FileDescriptor) throws(Errno) {
        let number = UInt32(kept.rawValue)
        if number > 0 { _ = try valueOrErrno(clinux_close_range(0, number - 1, 0)) }
        _ = try valueOrErrno(clinux_close_range(number + 1, .max, 0))
    }

    /// The first of 0, 1 and 2 that is no stream: a directory, a disk, or a descriptor that stands for no file, such as
    /// io_uring's. Nil when all are files, pipes, sockets, terminals or other character devices.
    public static func standardDescriptorThatIsNoStream() throws(Errno) -> Int32? {
        for standard in 0..<3 as Range<Int32> {
            switch try FileStatus(of: FileDescriptor(rawValue: standard)).kind {
            case .regular, .characterDevice, .pipe, .socket: continue
            case .directory, .symbolicLink, .other: return standard
            }
        }
        return nil
    }

    /// The first of 0, 1 and 2 that is a socket of a network: of any family but AF_UNIX (SO_DOMAIN, socket(7)).
    public static func standardDescriptorOfNetwork() throws(Errno) -> Int32? {
        for standard in 0..<3 as Range<Int32> {
            do throws(Errno) {
                guard try FileDescriptor(rawValue: standard).socketOption(SOL_SOCKET, SO_DOMAIN) == AF_UNIX else {
                    return standard
                }
            } catch {
                guard error == .notSocket else { throw error }
            }
        }
        return nil
    }
}
