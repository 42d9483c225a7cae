import Linux
public import Policy
public import SystemPackage

/// A step that could not be carried out. No payload ran.
public struct EnforcementError: Error, Equatable, Sendable {
    /// The step.
    public var step: Step
    /// What the kernel answered.
    public var errno: Errno
    /// The place or reason, where the step alone does not tell; nothing otherwise.
    public var detail: String

    init(step: Step, errno: Errno, detail: String = "") {
        self.step = step
        self.errno = errno
        self.detail = detail
    }
}

extension EnforcementError {
    /// The exit code that tells a supervisor what to do about it.
    public var exitCode: ExitCode {
        switch step {
        case .execute: errno == .noSuchFileOrDirectory ? .notFound : .notExecutable
        case .enterNamespaces, .mapIdentity, .nestUserNamespace, .applyLandlock, .filterSystemCalls,
            .handOverCalls:
            .unavailable
        case .mountFileSystem(let mount) where mount.source == .processes: .unavailable
        default: .isolation
        }
    }
}

extension EnforcementError: CustomStringConvertible {
    /// One sentence: what, where, what next.
    public var description: String {
        let place = detail.isEmpty ? "" : ": \(detail)"
        switch step {
        case .execute(let command):
            return "cannot execute \(command.program) inside the sandbox: \(errno.name) (\(errno)); "
                + (exitCode == .notFound
                    ? "only /usr, the workspace and what --bind adds are visible there"
                    : "it must be an executable file for this machine")
        case .bind(let bind):
            return "cannot bind \(bind.source) at \(bind.destination): \(errno.name) (\(errno))\(place); "
                + (errno == .permissionDenied
                    ? "let the sandbox's user reach it (chmod o+x on the directories above), or move it"
                    : "correct the path, or make it a plain directory of its user")
        case .prove:
            return "the guarantee \"\(detail)\" does not hold: it was tried and "
                + (errno.rawValue == 0 ? "succeeded" : "answered \(errno.name) (\(errno))")
                + "; nothing was run; compare mazelclaw-run explain with what --bind, the policy and the profile add"
        default:
            return "step \"\(step.summary)\" failed: \(errno.name) (\(errno))\(place); \(advice)"
        }
    }

    private var advice: String {
        switch exitCode {
        case .unavailable: "this host lacks it or forbids it: run mazelclaw-run doctor to see why"
        default: errno == .noSpace ? "free memory or raise the limits" : "run mazelclaw-run doctor"
        }
    }
}
