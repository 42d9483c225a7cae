import Linux
import Policy
import SystemPackage

/// Carries what the payload writes to a pipe of its own on to the caller's stream, as it is.
///
/// It holds one piece at most: what cannot be written yet is not read yet, and the payload waits on its pipe.
struct StreamRelay {
    /// Something the relay waits for.
    enum Event {
        case written
        case roomOutside
        case goneOutside
    }

    private let reader: FileDescriptor
    private let outlet: Outlet
    /// What was written inside and is not yet outside.
    private var pending: ArraySlice<UInt8> = []
    /// Whether the caller's stream takes no more, or nobody inside is left to write.
    private var isClosed = false

    /// How many bytes are taken at once: as many as a pipe holds (pipe(7)).
    private static let piece = 64 << 10

    /// A relay from `reader`, which is this process's alone, to `outlet`.
    init(from reader: FileDescriptor, to outlet: Outlet) throws(Errno) {
        try reader.setNonBlocking(true)
        self.reader = reader
        self.outlet = outlet
    }

    /// What to wait for now.
    var interests: [(event: Event, interest: Readiness.Interest)] {
        if isClosed { return [] }
        guard pending.isEmpty else { return [(.roomOutside, .writing(outlet.descriptor))] }
        return [(.written, .reading(reader)), (.goneOutside, .hangUp(outlet.descriptor))]
    }

    /// Does what it is time for.
    mutating func proceed(_ event: Event) throws(Errno) {
        guard !isClosed else { return }
        if event == .goneOutside { return close() }
        if event == .written, pending.isEmpty { try take() }
        try pass()
    }

    /// Passes on what there is room for, now that nobody inside is left; returns whether nothing is left to pass.
    mutating func finish() throws(Errno) -> Bool {
        while !isClosed {
            if pending.isEmpty { guard try take() else { return true } }
            try pass()
            guard pending.isEmpty else { return false }
        }
        return true
    }

    /// Takes the next piece; returns whether there was one.
    @discardableResult
    private mutating func take() throws(Errno) -> Bool {
        do throws(Errno) {
            pending = try reader.readSome(limit: Self.piece)[...]
        } catch {
            guard error == .resourceTemporarilyUnavailable else { throw error }
            return false
        }
        if pending.isEmpty { close() }
        return !isClosed
    }

    private mutating func pass() throws(Errno) {
        while !pending.isEmpty {
            do throws(Errno) {
                pending = pending.dropFirst(try outlet.writeSome(pending))
            } catch {
                // Whatever else it is, the caller's stream takes no more, and the payload learns it as it would have.
                return error == .resourceTemporarilyUnavailable ? () : close()
            }
        }
    }

    /// Closes the payload's pipe: who writes to it gets EPIPE.
    private mutating func close() {
        isClosed = true
        pending = []
        reader.discard()
    }
}

/// The pipes of a sandbox's streams, before they are relayed.
struct StreamPipes {
    private let relays: StreamRelays
    private let pipes: [Pipe]
    private let outlets: [Outlet]

    /// Opens the caller's streams; to be done before the launcher becomes another user, whose they may not be.
    static func outlets(for relays: StreamRelays) throws(Errno) -> [Outlet] {
        try relays.pipes.map { (numbers) throws(Errno) in try Outlet(FileDescriptor(rawValue: numbers[0])) }
    }

    /// Makes the pipes; to be done as the payload's user, who can then open them again, as `/dev/stderr` is.
    init(for relays: StreamRelays, to outlets: [Outlet]) throws(Errno) {
        self.relays = relays
        self.outlets = outlets
        pipes = try outlets.map { (_) throws(Errno) in try Pipe() }
    }

    /// In the supervisor: gives up the ends that are the payload's.
    func relay() throws(Errno) -> [StreamRelay] {
        for pipe in pipes { pipe.writer.discard() }
        return try zip(pipes, outlets).map { (pipe, outlet) throws(Errno) in
            try StreamRelay(from: pipe.reader, to: outlet)
        }
    }

    /// In init: puts the payload's ends in the place of this process's streams. `null` is /dev/null.
    func connect(null: FileDescriptor) throws(Errno) {
        if relays.replacesInput { try null.become(0) }
        for (numbers, pipe) in zip(relays.pipes, pipes) {
            for number in numbers { try pipe.writer.become(number) }
            pipe.writer.discard()
            pipe.reader.discard()
        }
    }
}
