import JSON
import Linux
import SystemPackage

/// `ls`: what stands in a directory.
struct Listing {
    private let path: String
    private let limit: Int

    init(_ arguments: FileOperation.Arguments) throws(OperationError) {
        path = try arguments.path(default: ".")
        limit = try arguments.number("limit", default: 500, in: 1...10_000)
    }

    func perform() throws(OperationError) -> FileOperation.Answer {
        let names = try on(path) { () throws(Errno) in try FileSystem.entries(of: path) }.sorted(by: Self.isBefore)
        var lines: [String] = []
        for name in names.prefix(limit) {
            let isDirectory = (try? FileStatus(of: "\(path)/\(name)", follow: true))?.kind == .directory
            lines.append(isDirectory ? "\(name)/" : name)
        }
        return FileOperation.Answer(
            members: ["count": .integer(Int64(names.count)), "shown": .integer(Int64(lines.count))],
            bytes: Array(lines.joined(separator: "\n").utf8))
    }

    /// By letters, whether large or small; those that differ in nothing else by their bytes.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        let (first, second) = (left.lowercased(), right.lowercased())
        return first == second ? left < right : first < second
    }
}
