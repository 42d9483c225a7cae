internal import CLinux
import Glibc
public import SystemPackage

/// Waiting for several descriptors at once (poll(2)).
public enum Readiness {
    /// A descriptor on which something has happened.
    public struct Ready: Sendable {
        /// Its place among those waited for.
        public let index: Int
        /// Whether there is something to read; otherwise the other end is gone.
        public let isReadable: Bool
    }

    /// What is waited for on one descriptor.
    public struct Interest: Sendable {
        let descriptor: FileDescriptor
        let events: Int16

        /// Something to read.
        public static func reading(_ descriptor: FileDescriptor) -> Interest {
            Interest(descriptor: descriptor, events: Int16(POLLIN))
        }

        /// Room to write.
        public static func writing(_ descriptor: FileDescriptor) -> Interest {
            Interest(descriptor: descriptor, events: Int16(POLLOUT))
        }

        /// That the other end is gone, and nothing else.
        public static func hangUp(_ descriptor: FileDescriptor) -> Interest {
            Interest(descriptor: descriptor, events: 0)
        }
    }

    /// Whether there is something to read on `descriptor` now, or its other end is gone.
    public static func isReadable(_ descriptor: FileDescriptor) throws(Errno) -> Bool {
        try isReady(descriptor, POLLIN)
    }

    /// Whether there is room to write on `descriptor` now, or its other end is gone.
    public static func isWritable(_ descriptor: FileDescriptor) throws(Errno) -> Bool {
        try isReady(descriptor, POLLOUT)
    }

    private static func isReady(_ descriptor: FileDescriptor, _ events: Int32) throws(Errno) -> Bool {
        var entry = pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0)
        return try retryingOnInterrupt { poll(&entry, 1, 0) } > 0
    }

    /// Those of `interests` for which it is time, or whose other end is gone; none when `milliseconds` ran out.
    /// A negative time waits for ever. `releasingImage` gives the program's own pages back at the last moment, so
    /// that getting there does not fetch them again.
    public static func wait(
        for interests: [Interest], milliseconds: Int32, releasingImage: Bool = false
    ) throws(Errno) -> [Ready] {
        var entries = interests.map { pollfd(fd: $0.descriptor.rawValue, events: $0.events, revents: 0) }
        if releasingImage { ProcessControl.releaseImage() }
        let count = try retryingOnInterrupt { poll(&entries, nfds_t(entries.count), milliseconds) }
        var ready: [Ready] = []
        ready.reserveCapacity(Int(count))
        for (index, entry) in entries.enumerated() where entry.revents != 0 {
            ready.append(Ready(index: index, isReadable: entry.revents & Int16(POLLIN) != 0))
        }
        return ready
    }
}

/// A pipe (pipe(2)), both ends closed by exec.
public struct Pipe {
    /// The end to read from.
    public let reader: FileDescriptor
    /// The end to write to.
    public let writer: FileDescriptor

    /// Makes one.
    public init() throws(Errno) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { clinux_pipe($0) }
        }
        _ = try valueOrErrno(result)
        reader = FileDescriptor(rawValue: ends.0)
        writer = FileDescriptor(rawValue: ends.1)
    }
}
