internal import CLinux
import Glibc
public import SystemPackage

/// An open terminal, or the master of a pseudoterminal, whose modes and size are those of its slave (pty(7)).
public struct Terminal: Sendable {
    /// The terminal's open file, which stays the caller's to close.
    public let descriptor: FileDescriptor

    /// What a terminal does with the bytes that pass through it (termios(3)).
    public struct Modes {
        fileprivate var value = termios()

        /// These modes for bytes that pass unchanged, one by one: no echo, no lines, no signals (cfmakeraw(3)).
        public var raw: Modes {
            var modes = self
            cfmakeraw(&modes.value)
            return modes
        }

        /// Whether a line feed is written as it is, so that who writes lines must return the carriage too (OPOST).
        public var writesUnchanged: Bool { value.c_oflag & tcflag_t(OPOST) == 0 }
    }

    /// Rows and columns, and pixels where the terminal tells (struct winsize).
    public struct Size {
        fileprivate var value = winsize()
    }

    /// The terminal behind `descriptor`. ENOTTY of the first call tells when it is none.
    public init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Whether it is one at all, even if it has hung up (isatty(3)).
    public func isTerminal() throws(Errno) -> Bool {
        do throws(Errno) {
            _ = try modes()
            return true
        } catch {
            switch error {
            case .ioError: return true
            // EINVAL is what some devices answer, and sockets EOPNOTSUPP by some protocols.
            case .inappropriateIOCTLForDevice, .invalidArgument, .notSupportedOnSocket: return false
            default: throw error
            }
        }
    }

    /// The modes (tcgetattr(3)).
    public func modes() throws(Errno) -> Modes {
        var modes = Modes()
        _ = try valueOrErrno(tcgetattr(descriptor.rawValue, &modes.value))
        return modes
    }

    /// Sets the modes at once; what was typed or written is kept (TCSANOW).
    public func set(_ modes: Modes) throws(Errno) {
        var value = modes.value
        _ = try retryingOnInterrupt { tcsetattr(descriptor.rawValue, TCSANOW, &value) }
    }

    /// The size (TIOCGWINSZ).
    public func size() throws(Errno) -> Size {
        var size = Size()
        _ = try valueOrErrno(clinux_ioctl(descriptor.rawValue, clinux_tiocgwinsz, &size.value))
        return size
    }

    /// Sets the size; the foreground process group is sent SIGWINCH when it is another than before (TIOCSWINSZ).
    public func set(_ size: Size) throws(Errno) {
        var value = size.value
        _ = try valueOrErrno(clinux_ioctl(descriptor.rawValue, clinux_tiocswinsz, &value))
    }

    /// Makes it the controlling terminal of this process, which leads a session without one (TIOCSCTTY).
    public func takeControl() throws(Errno) {
        _ = try valueOrErrno(clinux_ioctl_number(descriptor.rawValue, clinux_tiocsctty, 0))
    }

    /// Whether this process may read from it and change its modes: its group is in the foreground, or the terminal does
    /// not control its session (tcgetpgrp(3)).
    public func isOurs() throws(Errno) -> Bool {
        do throws(Errno) {
            return try valueOrErrno(tcgetpgrp(descriptor.rawValue)) == getpgrp()
        } catch {
            guard error == .inappropriateIOCTLForDevice else { throw error }
            return true
        }
    }

    /// The terminal again, by a descriptor of its own that never waits: the flag of an inherited one would be that of
    /// everybody who has it.
    public func reopened() throws(Errno) -> Terminal {
        Terminal(
            try FileDescriptor.workingDirectory.open(
                "/proc/self/fd/\(descriptor.rawValue)", flags: O_RDWR | O_NOCTTY | O_NONBLOCK))
    }

    /// A new pseudoterminal of the devpts instance whose ptmx is `path` below `directory`. The master never waits.
    public static func openPseudoterminal(
        _ path: String, in directory: FileDescriptor
    ) throws(Errno) -> (master: Terminal, slave: Terminal) {
        let master = try directory.open(path, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        do throws(Errno) {
            var isLocked: Int32 = 0
            _ = try valueOrErrno(clinux_ioctl(master.rawValue, clinux_tiocsptlck, &isLocked))
            // By the master and not by its number: nothing is looked up.
            let slave = try valueOrErrno(
                clinux_ioctl_number(master.rawValue, clinux_tiocgptpeer, UInt(O_RDWR | O_NOCTTY | O_CLOEXEC)))
            return (Terminal(master), Terminal(FileDescriptor(rawValue: slave)))
        } catch {
            master.discard()
            throw error
        }
    }
}
