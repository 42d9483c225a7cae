public import Linux
import SystemPackage

/// Messages to a reader who may have stalled, and for whom nobody waits.
///
/// A message for which there is no room is dropped and counted, and how many those were is told as soon as there is room
/// again. One that was begun is written to its end before another.
public final class MessageOutlet {
    private let outlet: Outlet
    private let account: (Int) -> String
    /// What is left of a message that was begun.
    private var rest: ArraySlice<UInt8> = []
    private var dropped = 0
    /// Whether it was for want of room.
    private var lacksRoom = false
    /// How long a message may wait for room, in milliseconds.
    private var patience: Int32 = 0

    /// Messages through `outlet`. `account` makes one of how many were dropped.
    public init(_ outlet: Outlet, account: @escaping (_ dropped: Int) -> String) {
        self.outlet = outlet
        self.account = account
    }

    /// Writes `message`, or drops it.
    public func write(_ message: String) {
        do throws(Errno) {
            try flush()
            try begin(message)
        } catch {
            dropped += 1
            note(error)
        }
    }

    /// From now on nothing is held up by waiting: until one message has waited in vain, each may do so for
    /// `milliseconds`.
    public func becomePatient(milliseconds: Int32) { patience = milliseconds }

    /// Lets go of it, in a process that is not the supervisor.
    func leave() { outlet.leave() }

    /// What to wait for, if something is left to write.
    var interest: Readiness.Interest? {
        rest.isEmpty && !lacksRoom ? nil : .writing(outlet.descriptor)
    }

    /// Writes what is left, now that there may be room.
    func proceed() {
        do throws(Errno) {
            try flush()
        } catch {
            note(error)
        }
    }

    /// Throws EAGAIN while something is left.
    private func flush() throws(Errno) {
        try writeRest()
        if dropped > 0 { try begin(account(dropped)) }
        dropped = 0
        lacksRoom = false
    }

    /// Throws EAGAIN if nothing of `message` was written.
    private func begin(_ message: String) throws(Errno) {
        let bytes = Array(message.utf8)[...]
        rest = bytes
        do throws(Errno) {
            try writeRest()
        } catch {
            guard error == .resourceTemporarilyUnavailable, rest.count < bytes.count else {
                rest = []
                throw error
            }
        }
    }

    private func writeRest() throws(Errno) {
        while !rest.isEmpty {
            do throws(Errno) {
                rest = rest.dropFirst(try outlet.writeSome(rest))
            } catch {
                guard error == .resourceTemporarilyUnavailable, patience > 0 else { throw error }
                let ready = try Readiness.wait(for: [.writing(outlet.descriptor)], milliseconds: patience)
                if ready.isEmpty { patience = 0 }
            }
        }
    }

    /// Where it is not for want of room, as when the reader has gone or a disk is full, there is nothing to wait for: the
    /// next message tries again.
    private func note(_ error: Errno) {
        lacksRoom = error == .resourceTemporarilyUnavailable
        if !lacksRoom { rest = [] }
    }
}
