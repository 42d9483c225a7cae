import Linux
import SystemPackage

/// The terminal the launcher was started on.
public struct CallersTerminal {
    /// By a descriptor of the launcher's own, which never waits.
    let terminal: Terminal
    /// What its modes were at the start.
    let modes: Terminal.Modes

    /// The terminal that is standard input and output.
    ///
    /// To be made before the launcher becomes another user, whose the terminal may not be. Throws `LaunchError.usage`
    /// when there is none, or when it cannot be opened again.
    public init() throws(LaunchError) {
        let input = Terminal(.standardInput)
        do throws(Errno) {
            modes = try input.modes()
            let places = (try FileStatus(of: .standardInput), try FileStatus(of: .standardOutput))
            guard places.0.device == places.1.device, places.0.inode == places.1.inode else {
                throw .inappropriateIOCTLForDevice
            }
        } catch {
            throw .usage(
                "--interactive needs standard input and output to be one terminal: \(error.name) (\(error)); leave it "
                    + "out for files and pipes, or give ssh -t")
        }
        do throws(Errno) {
            terminal = try input.reopened()
        } catch {
            throw .usage(
                "--interactive cannot open the terminal once more: \(error.name) (\(error)); after su(1) it is still the "
                    + "other user's: log in as this one, or use su --pty")
        }
    }

    /// Lets every byte pass as it is.
    func makeRaw() throws(Errno) { try terminal.set(modes.raw) }

    /// Sets the modes as they were. One that has gone has none.
    func restore() { try? terminal.set(modes) }

    /// Closes the descriptor, in a process that is not the supervisor.
    func leave() { terminal.descriptor.discard() }
}
