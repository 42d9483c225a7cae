import Glibc
import Linux
import SystemPackage

/// Binds a socket of AF_UNIX on behalf of a thread, in that thread's root and working directory (unix(7)).
struct UnixBind {
    private let thread: ForeignThread
    /// The path as given, without what follows a NUL.
    private let path: [UInt8]
    /// Throws when the thread's call no longer waits: what was opened by its number since may be another thread's.
    private let checkCaller: () throws(Errno) -> Void

    /// Whether `address` is a name in the abstract namespace that the caller chooses (unix(7)).
    static func isAbstractName(_ address: [UInt8]) -> Bool {
        address.count > 2 && address[0] == UInt8(AF_UNIX) && address[1] == 0 && address[2] == 0
    }

    /// Binds `socket` to `address`, as the thread's own bind(2) would have.
    ///
    /// Throws what the kernel answers, and what `checkCaller` throws, which is asked about everything that is opened by
    /// the thread's number. A path through a magic link of /proc is refused (ELOOP): it would lead through the
    /// supervisor's own descriptors.
    static func bind(
        _ socket: FileDescriptor, to address: [UInt8], for thread: ForeignThread,
        checkCaller: @escaping () throws(Errno) -> Void
    ) throws(Errno) {
        guard address.count >= 2, address[0] == UInt8(AF_UNIX), address[1] == 0 else { throw .invalidArgument }
        // No name at all, or a name in the abstract namespace: nothing of a file system is involved.
        guard address.count > 2, address[2] != 0 else { return try socket.bind(to: address) }
        guard address.count <= MemoryLayout<sockaddr_un>.size else { throw .invalidArgument }
        let path = Array(address[2...].prefix { $0 != 0 })
        try UnixBind(thread: thread, path: path, checkCaller: checkCaller).bind(socket)
    }

    private func bind(_ socket: FileDescriptor) throws(Errno) {
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let name = Array(path[(slash.map { $0 + 1 } ?? 0)...])
        // The kernel finds these taken, whatever they lead to.
        guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8) else { throw .addressInUse }
        let parent = try openDirectory(slash.map { Array(path[...$0]) } ?? [])
        defer { parent.discard() }
        let mask = try ProcessStatus(of: thread.threadID).fileModeMask
        try checkCaller()
        // The name has no length left to spare for a path to the directory, so the supervisor goes there. It is
        // single-threaded; its own working directory means nothing to it.
        try ProcessControl.changeDirectory(to: parent)
        ProcessControl.setFileModeMask(mask)
        defer { ProcessControl.setFileModeMask(0o077) }
        let address = [UInt8(AF_UNIX), 0] + name + (name.count < 108 ? [0] : [])
        let answer = Result { () throws(Errno) in try socket.bind(to: address) }
        try ProcessControl.changeDirectory(to: "/")
        try answer.get()
    }

    /// The directory that `path` means to the thread; its working directory when there is none.
    private func openDirectory(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
        let flags = OpenFlag.path | OpenFlag.directory
        let text = String(decoding: path, as: UTF8.self)
        guard path.first != UInt8(ascii: "/") else { return try openInRoot(text) }
        let link = "/proc/\(thread.threadID)/cwd"
        let directory = try openOfCaller(link, flags)
        guard !path.isEmpty else { return directory }
        defer { directory.discard() }
        do throws(Errno) {
            return try RootedWalk(start: directory, isBeneath: true).open(text)
        } catch {
            // EXDEV: ".." or an absolute link leads out of the working directory, and only the root bounds that walk.
            guard error == .improperLink else { throw error }
            let place = try FileSystem.readSymbolicLink(link)
            try checkCaller()
            return try openInRoot(place + "/" + text)
        }
    }

    private func openInRoot(_ path: String) throws(Errno) -> FileDescriptor {
        let flags = OpenFlag.path | OpenFlag.directory
        let root = try openOfCaller("/proc/\(thread.threadID)/root", flags)
        defer { root.discard() }
        return try RootedWalk(start: root, isBeneath: false).open(path)
    }

    /// Opens a path of the thread's in /proc, and makes sure afterwards that the number was still the thread's.
    private func openOfCaller(_ path: String, _ flags: Int32) throws(Errno) -> FileDescriptor {
        let descriptor = try FileDescriptor.workingDirectory.open(path, flags: flags)
        do throws(Errno) {
            try checkCaller()
        } catch {
            descriptor.discard()
            throw error
        }
        return descriptor
    }
}
