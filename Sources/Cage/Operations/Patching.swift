import JSON
import Linux

/// `apply_patch`: several files are changed together. All that can be wrong with the patch is found before the first is written.
struct Patching {
    private let patch: Patch

    init(_ arguments: FileOperation.Arguments) throws(OperationError) {
        patch = try Patch(try arguments.string("input"))
    }

    /// Which file one is, by whatever path.
    private enum Place: Hashable {
        case file(device: UInt64, inode: UInt64)
        /// One that is not there yet.
        case path(String)

        init(_ path: String) {
            if let status = try? FileStatus(of: path, follow: true) {
                self = .file(device: status.device, inode: status.inode)
            } else {
                self = .path(path)
            }
        }
    }

    func perform() throws(OperationError) -> FileOperation.Answer {
        var changed: Set<Place> = []
        for path in patch.changes.flatMap(\.paths) where !changed.insert(Place(path)).inserted {
            // Each change is made to what the file holds now: the second would undo the first.
            throw OperationError(
                "\(path): the patch changes this file more than once; put all that changes in it under one \"*** \" line."
            )
        }
        var written: [(path: String, content: [UInt8])] = []
        var removed: [String] = []
        var added: [JSON] = []
        var modified: [JSON] = []
        var deleted: [JSON] = []
        for change in patch.changes {
            switch change {
            case .add(let path, let lines):
                guard (try? FileStatus(of: path)) == nil else {
                    throw OperationError("\(path): there is such a file already; use \"*** Update File: \".")
                }
                written.append((path, Self.text(lines)))
                added.append(.string(path))
            case .delete(let path):
                _ = try WorkFile(path: path).read()
                removed.append(path)
                deleted.append(.string(path))
            case .update(let path, let newPath, let chunks):
                let bytes = try WorkFile(path: path).read()
                let hasReturns = bytes.contains(13)
                let lines = Reading.lines(of: bytes).map { line in
                    String(decoding: hasReturns && line.last == 13 ? line.dropLast() : line, as: UTF8.self)
                }
                let changed = try Patch.apply(chunks, to: lines, path: path)
                written.append((newPath ?? path, Self.text(changed, hasReturns: hasReturns)))
                modified.append(.string(newPath ?? path))
                if let newPath, newPath != path { removed.append(path) }
            }
        }
        for (path, content) in written { try WorkFile(path: path).replace(with: content) }
        for path in removed { try WorkFile(path: path).remove() }
        return FileOperation.Answer(
            members: ["added": .array(added), "modified": .array(modified), "deleted": .array(deleted)])
    }

    private static func text(_ lines: [String], hasReturns: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines { bytes += Array(line.utf8) + (hasReturns ? [13, 10] : [10]) }
        return bytes
    }
}
