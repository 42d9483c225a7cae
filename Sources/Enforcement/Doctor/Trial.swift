import Glibc
import Linux
import Policy
import SystemPackage

/// Tries something in a child process, so that nothing of it stays.
enum Trial {
    /// Whether `body` succeeds in a child made in `namespaces` by `user`, or by this process's own for nil; the errno when
    /// not.
    static func run(
        as user: UserIdentity? = nil, in namespaces: NamespaceSet, _ body: () throws(Errno) -> Void
    ) -> Errno? {
        do throws(Errno) {
            // The user's process first: namespaces are made by whoever clones.
            guard let child = try ChildProcess.clone(user == nil ? namespaces : []) else {
                do throws(Errno) {
                    if let user {
                        try Credentials.become(userID: user.userID, groupID: user.groupID)
                        if let errno = run(in: namespaces, body) { throw errno }
                    } else {
                        try body()
                    }
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
