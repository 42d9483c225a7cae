import Glibc

/// What Chromium leaves in its user data so that a second one on the same finds the first: three links. A Chromium that was
/// killed leaves them behind, and the next one may take them for a living one's on another host.
enum SingletonFiles {
    /// Waits until no process of this host has `directory` as its user data, for 5 s at most, and removes what the last one
    /// left there. Throws `BrowserFault` when one goes on, and `CancellationError`.
    static func wait(forEndOfOwnerOf directory: String) async throws {
        let end = ContinuousClock.now + .seconds(5)
        while let owner = owner(of: directory) {
            guard ContinuousClock.now < end else {
                throw BrowserFault(503, "process \(owner) uses \(directory) already; end it first")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        remove(from: directory)
    }

    /// The process that `directory` is locked by, when it is there. The lock is a link to `HOST-NUMBER`; a number may be
    /// another's by now.
    private static func owner(of directory: String) -> Int32? {
        guard let lock = target("\(directory)/SingletonLock"), let dash = lock.lastIndex(of: "-"),
            let process = Int32(lock[lock.index(after: dash)...]), process > 0
        else { return nil }
        return ProcessFile.text("/proc/\(process)/cmdline")?.contains(directory) ?? false ? process : nil
    }

    /// Removes what a Chromium that has ended left in `directory`, and its socket elsewhere.
    static func remove(from directory: String) {
        if let socket = target("\(directory)/SingletonSocket"), let slash = socket.lastIndex(of: "/") {
            let parent = String(socket[..<slash])
            // Whatever the link says: only what is called as Chromium calls it.
            let isChromiums = parent.split(separator: "/").last.map {
                $0.hasPrefix(".org.chromium.Chromium.") || $0.hasPrefix("org.chromium.Chromium.")
                    || $0.hasPrefix(".com.google.Chrome.") || $0.hasPrefix("com.google.Chrome.")
            }
            if isChromiums ?? false, socket.hasSuffix("/SingletonSocket") {
                unlink(socket)
                unlink("\(parent)/SingletonCookie")
                rmdir(parent)
            }
        }
        for name in ["SingletonLock", "SingletonSocket", "SingletonCookie"] { unlink("\(directory)/\(name)") }
    }

    private static func target(_ link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
