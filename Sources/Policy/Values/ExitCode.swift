/// The exit codes of `mazelclaw-run`; any other is the payload's own.
public enum ExitCode: Int32, Sendable, CaseIterable {
    /// The command line is wrong.
    case usage = 2
    /// A guarantee this start requires is not available on this host (EX_UNAVAILABLE, sysexits.h).
    case unavailable = 69
    /// A profile or policy is invalid (EX_CONFIG, sysexits.h).
    case configuration = 78
    /// An isolation step or the supervisor failed; no payload ran, or it was killed. Of `mazelclaw`: the kernel gave no
    /// more of what it needs to start.
    case isolation = 125
    /// The command was found but cannot be executed.
    case notExecutable = 126
    /// The command was not found.
    case notFound = 127

    /// After these a start fails again until somebody changes the command line, the host or a file: no service manager is to
    /// try it again (`RestartPreventExitStatus=`).
    public static let final: [ExitCode] = [.usage, .unavailable, .configuration]

    /// The code of a payload that signal `number` killed (signal(7)).
    public static func killed(bySignal number: Int32) -> Int32 { 128 + number }
}
