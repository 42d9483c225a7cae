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
    /// Where the supervisor learns of the end when nothing but init is left.
    let farewell: FileDescriptor

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
                    if let end = try reap() { finish(end) }
                } else if signal.sender == 0 {
                    // Only the supervisor's signals count: those from inside carry a PID of this namespace.
                    try forward(signal.number)
                }
            } catch {
                _exit(ExitCode.isolation.rawValue)
            }
        }
    }

    /// Reaps all that have ended. Returns how the payload did, once it has.
    private func reap() throws(Errno) -> End? {
        var code: Int32?
        do throws(Errno) {
            while let child = try ChildProcess.reapAny() {
                guard child.processID == payload else { continue }
                switch child.end {
                case .exited(let exitCode): code = exitCode
                case .killed(let signal): code = ExitCode.killed(bySignal: signal)
                }
            }
        } catch {
            guard error == .noChildProcess else { throw error }
            return code.map { End(code: $0, isAlone: true) }
        }
        return code.map { End(code: $0, isAlone: false) }
    }

    /// How the payload ended.
    private struct End {
        let code: Int32
        /// Whether init has no child left. Whoever's parent ends becomes a child of init's: then no process of the payload's
        /// is left.
        let isAlone: Bool
    }

    /// Ends init. What the kernel does then takes longer than anything else at an end, most of all to take the mounts
    /// apart. When no process of the payload's is left, and nothing is held any more that another start could want, the
    /// supervisor need not wait for that. Otherwise it does, and the kernel kills what is left first.
    private func finish(_ end: End) -> Never {
        do throws(Errno) {
            if end.isAlone {
                try OwnProcess.closeDescriptors(but: farewell)
                try farewell.writeEverything([UInt8(truncatingIfNeeded: end.code)])
            }
        } catch {
            // Init's end itself tells the same, a moment later.
        }
        _exit(end.code)
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
