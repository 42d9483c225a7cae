import Glibc
import Linux
import Policy

/// Looks for programs as a shell does, and tells which of them a sandbox shows.
struct ProgramSearch {
    private let directories: [AbsolutePath]
    private let shown: [AbsolutePath]

    /// A search in `path`, a PATH, for a sandbox that shows the trees of the policy `gateway` and `binds`.
    init(path: String, binds: [BindMount]) {
        directories = path.split(separator: ":").compactMap { AbsolutePath(String($0)) }
        shown =
            ["/usr", "/bin", "/sbin", "/lib", "/lib64"].compactMap(AbsolutePath.init)
            + binds.filter { $0.source == $0.destination }.map(\.source)
    }

    /// The first executable called `name`; nil when there is none.
    func find(_ name: String) -> AbsolutePath? {
        directories.lazy.map { $0 / name }.first(where: Self.isProgram)
    }

    /// Whether a sandbox shows the program at `path`, and what it is a link to.
    func isShown(_ path: AbsolutePath) -> Bool {
        guard let buffer = realpath(path.text, nil) else { return false }
        defer { free(buffer) }
        guard let target = AbsolutePath(String(cString: buffer)) else { return false }
        return [path, target].allSatisfy { file in shown.contains { $0.contains(file) } }
    }

    /// Whether there is a file at `path` that can be executed.
    static func isProgram(_ path: AbsolutePath) -> Bool {
        (try? FileStatus(of: path.text, follow: true))?.kind == .regular
            && (try? FileSystem.checkAccess(path.text, X_OK)) != nil
    }
}
