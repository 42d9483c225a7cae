import Linux
import SystemPackage

/// A walk over the files below a directory, in the order of their names. It follows no link, and leaves out what version control
/// and package managers keep for themselves.
struct Walk {
    private static let leftOut: Set<String> = [".git", ".hg", ".svn", "node_modules"]
    /// The most entries that are looked at.
    static let limit = 200_000

    private(set) var isCut = false
    private var count = 0

    /// Calls `visit` with each path, relative to `root`, until it returns false. Directories that cannot be listed are left
    /// out; `root` must not be one.
    mutating func over(
        _ root: String, _ visit: (_ path: String, _ kind: FileStatus.Kind) throws(OperationError) -> Bool
    ) throws(OperationError) {
        let names = try on(root) { () throws(Errno) in try FileSystem.entries(of: root) }
        _ = try visitAll(names, in: root, prefix: "", depth: 0, visit)
    }

    private mutating func visitAll(
        _ names: [String], in directory: String, prefix: String, depth: Int,
        _ visit: (String, FileStatus.Kind) throws(OperationError) -> Bool
    ) throws(OperationError) -> Bool {
        for name in names.sorted() {
            count += 1
            guard count <= Self.limit else {
                isCut = true
                return false
            }
            let place = "\(directory)/\(name)"
            guard let status = try? FileStatus(of: place) else { continue }
            guard try visit(prefix + name, status.kind) else { return false }
            guard status.kind == .directory, depth < 64, !Self.leftOut.contains(name),
                let below = try? FileSystem.entries(of: place)
            else { continue }
            guard try visitAll(below, in: place, prefix: "\(prefix)\(name)/", depth: depth + 1, visit) else {
                return false
            }
        }
        return true
    }
}
