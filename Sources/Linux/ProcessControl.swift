internal import CLinux
import Glibc
public import SystemPackage

/// Attributes of the calling process (prctl(2) and its kin).
public enum ProcessControl {
    /// Asks the kernel to kill this process when the thread that made it ends (PR_SET_PDEATHSIG).
    public static func dieWithParent() throws(Errno) {
        _ = try valueOrErrno(clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0))
    }

    /// Has what this process's descendants leave behind become its own children (PR_SET_CHILD_SUBREAPER).
    public static func adoptOrphans() throws(Errno) {
        _ = try valueOrErrno(clinux_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    }

    /// Shuts out ptrace(2), core dumps and /proc/PID access by others (PR_SET_DUMPABLE).
    public static func becomeUndumpable() throws(Errno) {
        _ = try valueOrErrno(clinux_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
    }

    /// Lets processes of the same user that outrank this one's namespaces reach it again (PR_SET_DUMPABLE).
    public static func becomeDumpable() throws(Errno) {
        _ = try valueOrErrno(clinux_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
    }

    /// Sets the name that ps(1) shows, at most 15 bytes of it (PR_SET_NAME).
    static func setName(_ name: String) throws(Errno) {
        let result = name.withCString { clinux_prctl(PR_SET_NAME, UInt(bitPattern: $0), 0, 0, 0) }
        _ = try valueOrErrno(result)
    }

    /// Empties the ambient set of capabilities (PR_CAP_AMBIENT_CLEAR_ALL).
    public static func clearAmbientCapabilities() throws(Errno) {
        _ = try valueOrErrno(clinux_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0))
    }

    /// No later exec grants anything (PR_SET_NO_NEW_PRIVS).
    public static func setNoNewPrivileges() throws(Errno) {
        _ = try valueOrErrno(clinux_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    }

    /// Whether no later exec grants anything (PR_GET_NO_NEW_PRIVS).
    public static func hasNoNewPrivileges() throws(Errno) -> Bool {
        try valueOrErrno(clinux_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) == 1
    }

    /// A descriptor that stands for the process `processID`, and is readable when it has ended (pidfd_open(2)); exec closes it.
    public static func openProcess(_ processID: Int32) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: Int32(try valueOrErrno(clinux_pidfd_open(processID, 0))))
    }

    /// Joins a new, empty session keyring, so that the caller's is out of reach (keyctl(2)).
    public static func joinAnonymousKeyring() throws(Errno) {
        _ = try valueOrErrno(clinux_keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0))
    }

    /// Starts a process group, which no terminal has in its foreground (setpgid(2)).
    public static func startProcessGroup() throws(Errno) {
        _ = try valueOrErrno(setpgid(0, 0))
    }

    /// Starts a session without a controlling terminal (setsid(2)).
    public static func startSession() throws(Errno) {
        _ = try valueOrErrno(setsid())
    }

    /// The mask of permission bits that new files never get (umask(2)).
    public static func setFileModeMask(_ mask: UInt32) {
        _ = umask(mask)
    }

    /// Changes the working directory (chdir(2)).
    public static func changeDirectory(to path: String) throws(Errno) {
        _ = try valueOrErrno(chdir(path))
    }

    /// Changes the working directory to an open one (fchdir(2)).
    public static func changeDirectory(to directory: FileDescriptor) throws(Errno) {
        _ = try valueOrErrno(fchdir(directory.rawValue))
    }

    /// Sets one resource limit, soft and hard (setrlimit(2)). `resource` is an RLIMIT_* number.
    public static func setLimit(_ resource: Int32, soft: UInt64, hard: UInt64) throws(Errno) {
        var limit = rlimit(rlim_cur: rlim_t(soft), rlim_max: rlim_t(hard))
        _ = try valueOrErrno(setrlimit(resource, &limit))
    }

    /// The limits now in force (getrlimit(2)).
    public static func limit(_ resource: Int32) throws(Errno) -> (soft: UInt64, hard: UInt64) {
        var limit = rlimit()
        _ = try valueOrErrno(getrlimit(resource, &limit))
        return (UInt64(limit.rlim_cur), UInt64(limit.rlim_max))
    }

    /// Marks every descriptor from `first` on to be closed by exec (close_range(2), CLOSE_RANGE_CLOEXEC).
    public static func closeOnExec(from first: Int32) throws(Errno) {
        _ = try valueOrErrno(clinux_close_range(UInt32(first), .max, UInt32(CLOSE_RANGE_CLOEXEC)))
    }

    /// Replaces the process image (execve(2)); returns only by throwing.
    ///
    /// The program is string `index` of `paths`.
    public static func execute(
        _ paths: CStringArray, at index: Int, arguments: CStringArray, environment: CStringArray
    ) throws(Errno) {
        guard let program = paths.pointer[index] else { throw Errno.noSuchFileOrDirectory }
        _ = try valueOrErrno(execve(program, arguments.pointer, environment.pointer))
    }

    /// Drops the clean pages of this program's own image from the page tables; they are read back from
    /// the page cache when touched. A process that only waits then costs next to nothing.
    public static func releaseImage() {
        let start = clinux_image_start()
        let length = Int(clinux_image_text_end() - start)
        _ = madvise(UnsafeMutableRawPointer(bitPattern: start), length, Int32(MADV_DONTNEED))
    }
}

/// A NULL-terminated array of C strings, as execve(2) takes them. Lives until exec or exit.
public struct CStringArray {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    /// How many there are.
    public let count: Int

    /// Copies `strings`, which hold no NUL.
    public init(_ strings: [[UInt8]]) {
        count = strings.count
        pointer = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
            for (offset, byte) in string.enumerated() { copy[offset] = CChar(bitPattern: byte) }
            copy[string.count] = 0
            pointer[index] = copy
        }
        pointer[strings.count] = nil
    }

    /// The strings as they are in memory.
    public var strings: [[UInt8]] {
        var strings: [[UInt8]] = []
        while let string = pointer[strings.count] {
            strings.append(UnsafeBufferPointer(start: string, count: strlen(string)).map { UInt8(bitPattern: $0) })
        }
        return strings
    }
}
