import Glibc
import Linux
import Policy
import SystemPackage

/// PID 1 of the sandbox: reaps, passes signals on, and ends with the payload.
///
/// When it ends the kernel kills whatever is left in the PID namespace (pid_namespaces(7)).
struct InitProcess {
    /// The payload's process ID.
    let payload: Int32

    /// Never returns; the exit code is the payload's, or 128 and the signal that killed it.
    func run() -> Never {
        var isIdle = false
        while true {
            do {
                guard let signal = try Signals.wait(milliseconds: isIdle ? nil : Supervisor.settling) else {
                    ProcessControl.releaseImage()
                    isIdle = true
                    continue
                }
                if signal.number == SIGCHLD {
                    try reap()
                } else if signal.sender == 0 {
                    // Only the supervisor's signals count: those from inside carry a PID of this namespace.
                    try forward(signal.number)
                }
            } catch {
                _exit(ExitCode.isolation.rawValue)
            }
        }
    }

    private func reap() throws(Errno) {
        do throws(Errno) {
            while let child = try ChildProcess.reapAny() {
                guard child.processID == payload else { continue }
                switch child.end {
                case .exited(let code): _exit(code)
                case .killed(let signal): _exit(ExitCode.killed(bySignal: signal))
                }
            }
        } catch {
            guard error == .noChildProcess else { throw error }
        }
    }

    private func forward(_ number: Int32) throws(Errno) {
        // What a terminal sends to its foreground group goes to the payload's group, the rest to the payload.
        let isFromTerminal = number == SIGINT || number == SIGQUIT || number == SIGWINCH
        do throws(Errno) {
            try Signals.send(number, to: isFromTerminal ? -payload : payload)
        } catch {
            // ESRCH: before setsid there is no such group yet, or the payload has just ended.
            guard error == .noSuchProcess else { throw error }
            _ = kill(payload, number)
        }
    }
}
