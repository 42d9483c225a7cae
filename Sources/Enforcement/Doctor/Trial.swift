import Glibc
import Linux
import SystemPackage

/// Tries something in a child process, so that nothing of it stays.
enum Trial {
    /// Whether `body` succeeds in a child made in `namespaces`; the errno when not.
    static func run(in namespaces: NamespaceSet = [], _ body: () throws(Errno) -> Void) -> Errno? {
        do throws(Errno) {
            guard let child = try ChildProcess.clone(namespaces) else {
                do throws(Errno) {
                    try body()
                    _exit(0)
                } catch {
                    // Every errno fits an exit code (errno(3): the highest is 133).
                    _exit(error.rawValue)
                }
            }
            defer { child.pidfd.discard() }
            switch try child.wait() {
            case .exited(0): return nil
            case .exited(let code): return Errno(rawValue: code)
            case .killed: return .notPermitted
            }
        } catch {
            return error
        }
    }
}
