import Linux
import Policy
import SystemPackage

/// Carries bytes between the caller's terminal and the sandbox's own, as they are, and the size inwards.
///
/// Each direction holds one piece at most: what cannot be written yet is not read yet, and its sender waits.
struct TerminalRelay {
    /// Something the relay waits for.
    enum Event {
        case typed
        case roomInside
        case written
        case roomOutside
    }

    private let caller: CallersTerminal
    private let inside: Terminal
    private var escapes = EscapeSequences()
    /// Whether the person at the caller's terminal has typed that the payload is to end.
    private(set) var isToEnd = false
    /// What was typed and is not yet inside.
    private var typed: ArraySlice<UInt8> = []
    /// What was written inside and is not yet shown.
    private var written: ArraySlice<UInt8> = []
    /// Whether the caller's terminal is raw, and read from.
    private var isAttached = false
    /// Whether the caller's terminal is another process group's meanwhile, which reading from it shows (EIO).
    private(set) var isInBackground = false
    /// Whether nobody inside can write any more.
    private var isClosedInside = false
    /// Whether the caller's terminal has gone, and the sandbox's with it.
    private var isHungUp = false

    /// How many bytes are taken at once.
    private static let piece = 16 << 10

    /// A relay between `caller` and the terminal behind `master`, which gets the other's modes and size.
    init(from caller: CallersTerminal, to master: FileDescriptor) throws(Errno) {
        self.caller = caller
        inside = Terminal(master)
        try inside.set(caller.modes)
        try inside.set(caller.terminal.size())
    }

    /// What to wait for now.
    var interests: [(event: Event, interest: Readiness.Interest)] {
        guard !isHungUp else { return [] }
        var interests: [(event: Event, interest: Readiness.Interest)] = []
        if !written.isEmpty {
            interests.append((.roomOutside, .writing(caller.terminal.descriptor)))
        } else if !isClosedInside {
            interests.append((.written, .reading(inside.descriptor)))
        }
        if !typed.isEmpty {
            interests.append((.roomInside, .writing(inside.descriptor)))
        } else if isAttached, !isClosedInside {
            interests.append((.typed, .reading(caller.terminal.descriptor)))
        }
        return interests
    }

    /// Whether all that was written inside has been shown, and nothing more can come.
    var isDone: Bool { isHungUp || isClosedInside && written.isEmpty }

    /// Does what it is time for.
    mutating func proceed(_ event: Event) throws(Errno) {
        // Another event of the same turn may have ended it.
        guard !isHungUp else { return }
        switch event {
        case .typed:
            try takeTyped()
            try passTyped()
            try show()
        case .roomInside: try passTyped()
        case .written:
            try takeWritten()
            try show()
        case .roomOutside: try show()
        }
    }

    // MARK: The caller's terminal

    /// Takes the caller's terminal into use: raw, and of the size it has now. Not while it is another group's.
    mutating func attach() throws(Errno) {
        guard !isHungUp else { return }
        do throws(Errno) {
            guard try caller.terminal.isOurs() else { return leaveToOthers() }
            isInBackground = false
            try caller.makeRaw()
            isAttached = true
            try resize()
        } catch {
            try hangUp(after: error)
        }
    }

    /// Gives the caller's terminal back as it was.
    mutating func detach() {
        guard isAttached else { return }
        isAttached = false
        caller.restore()
    }

    /// Lets go of a terminal that is another group's by now, with that group's modes.
    private mutating func leaveToOthers() {
        isInBackground = true
        isAttached = false
    }

    /// Gives the sandbox's terminal the size of the caller's.
    mutating func resize() throws(Errno) {
        guard !isHungUp else { return }
        do throws(Errno) {
            try inside.set(caller.terminal.size())
        } catch {
            try hangUp(after: error)
        }
    }

    /// Ends the sandbox's terminal because the caller's has gone: its session is sent SIGHUP, as at the end of any line.
    private mutating func hangUp(after error: Errno) throws(Errno) {
        guard error == .ioError else { throw error }
        detach()
        isHungUp = true
        inside.descriptor.discard()
    }

    // MARK: Bytes

    private mutating func takeTyped() throws(Errno) {
        do throws(Errno) {
            let bytes = try caller.terminal.descriptor.readSome(limit: Self.piece)
            guard !bytes.isEmpty else { throw .ioError }
            let (passed, commands) = escapes.take(bytes)
            typed = passed[...]
            for command in commands { obey(command) }
        } catch {
            guard error != .resourceTemporarilyUnavailable else { return }
            // To a group in the background a terminal answers as one that has gone does.
            if error == .ioError, (try? caller.terminal.isOurs()) == false {
                leaveToOthers()
            } else {
                try hangUp(after: error)
            }
        }
    }

    private mutating func obey(_ command: EscapeSequences.Command) {
        switch command {
        case .end: isToEnd = true
        // Of many lists that nobody reads, some are enough.
        case .list where written.count < Self.piece: written += EscapeSequences.list.utf8
        case .list: return
        }
    }

    private mutating func passTyped() throws(Errno) {
        guard !typed.isEmpty, !isHungUp else { return }
        do throws(Errno) {
            typed = typed.dropFirst(try inside.descriptor.writeSome(typed))
        } catch {
            switch error {
            case .resourceTemporarilyUnavailable: return
            // Nobody is left to read it.
            case .ioError: typed = []
            default: throw error
            }
        }
    }

    private mutating func takeWritten() throws(Errno) {
        do throws(Errno) {
            written = try inside.descriptor.readSome(limit: Self.piece)[...]
        } catch {
            switch error {
            case .resourceTemporarilyUnavailable: return
            case .ioError: isClosedInside = true
            default: throw error
            }
        }
    }

    private mutating func show() throws(Errno) {
        guard !written.isEmpty else { return }
        do throws(Errno) {
            written = written.dropFirst(try caller.terminal.descriptor.writeSome(written))
        } catch {
            guard error != .resourceTemporarilyUnavailable else { return }
            try hangUp(after: error)
        }
    }
}
