import JSON
import Linux

/// `find`: files by their names.
struct Finding {
    private let path: String
    private let glob: Glob
    private let limit: Int

    init(_ arguments: FileOperation.Arguments) throws(OperationError) {
        path = try arguments.path(default: ".")
        glob = try Glob(try arguments.string("pattern"))
        limit = try arguments.number("limit", default: 1000, in: 1...10_000)
    }

    func perform() throws(OperationError) -> FileOperation.Answer {
        var found: [String] = []
        var walk = Walk()
        var isCut = false
        try walk.over(path) { (path, kind) throws(OperationError) in
            guard glob.matches(path) else { return true }
            guard found.count < limit else {
                isCut = true
                return false
            }
            found.append(kind == .directory ? "\(path)/" : path)
            return true
        }
        return FileOperation.Answer(
            members: ["count": .integer(Int64(found.count)), "isCut": .bool(isCut || walk.isCut)],
            bytes: Array(found.joined(separator: "\n").utf8))
    }
}
