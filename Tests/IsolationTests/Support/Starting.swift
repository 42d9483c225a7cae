import Glibc
import Testing

/// A way of starting the launcher.
enum Starting: String, CaseIterable, CustomTestStringConvertible {
    /// By root, which drops to an unprivileged user with `--user`.
    case root
    /// By that user.
    case unprivileged

    /// The ways this test process can take.
    static var available: [Starting] { geteuid() == 0 ? allCases : [.unprivileged] }

    var testDescription: String { rawValue }
}
