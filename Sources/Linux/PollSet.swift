import Glibc
public import SystemPackage

/// Descriptors to wait for, each for what it is to become (poll(2)).
public struct PollSet: Sendable {
    private var entries: [pollfd] = []

    /// An empty set.
    public init() {}

    /// Adds a descriptor that is waited for until it can be read, written, or either; returns its place. One for
    /// neither is not looked at.
    public mutating func add(_ descriptor: FileDescriptor, reads: Bool, writes: Bool = false) -> Int {
        let events = (reads ? Int16(POLLIN) : 0) | (writes ? Int16(POLLOUT) : 0)
        entries.append(pollfd(fd: events == 0 ? -1 : descriptor.rawValue, events: events, revents: 0))
        return entries.count - 1
    }

    /// Waits until one of them is ready, or for `milliseconds`; a negative time is for ever.
    public mutating func wait(milliseconds: Int32) throws(Errno) {
        _ = try retryingOnInterrupt { poll(&entries, nfds_t(entries.count), milliseconds) }
    }

    /// Whether a read of the descriptor at `place` would not wait: there is something, an end, or an error.
    public func isReadable(_ place: Int) -> Bool {
        entries[place].events & Int16(POLLIN) != 0 && entries[place].revents & ~Int16(POLLOUT) != 0
    }

    /// Whether a write to the descriptor at `place` would not wait.
    public func isWritable(_ place: Int) -> Bool {
        entries[place].events & Int16(POLLOUT) != 0 && entries[place].revents & ~Int16(POLLIN) != 0
    }
}
