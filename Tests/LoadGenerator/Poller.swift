import Glibc

/// Waits until descriptors can be read (poll(2)).
struct Poller {
    private var entries: [pollfd] = []

    mutating func add(_ descriptor: Int32) {
        entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }

    /// The indices of those that can be read, in the order they were added in; none after 10 ms.
    mutating func wait() throws(LoadError) -> [Int] {
        let count = poll(&entries, nfds_t(entries.count), 10)
        guard count >= 0 || errno == EINTR else { throw .system("poll", errno) }
        return count > 0 ? entries.indices.filter { entries[$0].revents != 0 } : []
    }
}
