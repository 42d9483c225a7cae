import Glibc
import Linux
import Policy
import SystemPackage

/// What runs behind clone: builds the sandbox around itself, makes the payload's process, and stays behind
/// as PID 1.
struct SandboxProcess {
    let plan: SandboxPlan
    let supervisor: Channel
    let canary: Canary
    /// What the supervisor opened as root.
    let openedFiles: OpenedFiles
    /// The socket for the payload's notifications, where there is to be one.
    let notifications: FileDescriptor?
    /// The pipes that are to be its standard streams.
    let streams: StreamPipes
    /// Where init tells the supervisor of the payload's end.
    let farewell: FileDescriptor

    /// Never returns.
    func run(from start: Int) -> Never {
        func failed(_ errno: Errno) -> FailureReport { FailureReport(index: start, errno: errno, detail: "/proc/self") }
        do throws(FailureReport) {
            var enforcer: Enforcer
            do {
                enforcer = try Enforcer(
                    supervisor: supervisor, canary: canary, openedFiles: openedFiles, notifications: notifications,
                    streams: streams)
            } catch {
                throw failed(error)
            }
            var index = start
            while true {
                let step = plan.steps[index]
                if case .startPayload = step { break }
                try perform(index, with: &enforcer)
                if case .dieWithParent = step {
                    do { try endIfOrphaned() } catch { throw failed(error) }
                    try leaveProcessGroup(index)
                }
                index += 1
            }
            let payload: Int32
            do {
                // From here on init stands still until the payload's program runs: what it needs then is tried first.
                try Signals.checkWaiting()
                let (next, payloadsEnforcer) = (index + 1, enforcer)
                payload = try ChildProcess.startInOwnMemory { runPayload(from: next, with: payloadsEnforcer) }
            } catch {
                throw FailureReport(index: index, errno: error, detail: "")
            }
            supervisor.descriptor.discard()
            // The payload's alone now: a port it gives up is not to be kept by those around it.
            for number in plan.keptDescriptors.numbers { FileDescriptor(rawValue: number).discard() }
            InitProcess(payload: payload, farewell: farewell).run()
        } catch {
            fail(error)
        }
    }

    /// Ends when the supervisor died before PDEATHSIG was armed: its end of the channel is closed then.
    private func endIfOrphaned() throws(Errno) {
        guard try !Readiness.isReadable(supervisor.descriptor) else { _exit(ExitCode.isolation.rawValue) }
    }

    /// What a terminal sends to its foreground group, such as SIGINT for Ctrl-C, is for the supervisor, which passes it
    /// on: from here it would arrive a second time.
    private func leaveProcessGroup(_ index: Int) throws(FailureReport) {
        do {
            try ProcessControl.startProcessGroup()
        } catch {
            throw FailureReport(index: index, errno: error, detail: "setpgid(2)")
        }
    }

    private func runPayload(from start: Int, with enforcer: Enforcer) -> Never {
        var enforcer = enforcer
        // Laid out before there is a filter to get in the way.
        if case .execute(let command) = plan.steps[plan.steps.count - 1] { enforcer.prepare(command) }
        do {
            for index in start..<plan.steps.count {
                try perform(index, with: &enforcer)
            }
            preconditionFailure("the last step is execve, which does not return")
        } catch {
            fail(error)
        }
    }

    private func perform(_ index: Int, with enforcer: inout Enforcer) throws(FailureReport) {
        do {
            try enforcer.perform(plan.steps[index])
        } catch {
            throw FailureReport(index: index, errno: error.errno, detail: error.detail)
        }
    }

    private func fail(_ report: FailureReport) -> Never {
        // Nobody is left to tell when the supervisor is gone, and then PDEATHSIG ends us anyway.
        try? supervisor.send(StartMessage.failed(report).bytes)
        _exit(ExitCode.isolation.rawValue)
    }
}
