import Foundation

/// The Swift files of Sources.
struct SourceTree {
    struct File {
        /// `Gateway`.
        let module: String
        /// The folder within the module; nil for a file beside the folders.
        let folder: String?
        /// `Gateway/Runs/Run.swift`.
        let path: String
        let text: String
    }

    /// Where the repository is.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// Where its sources are.
    static let sources = root.appending(path: "Sources").resolvingSymlinksInPath()

    let files: [File]

    init() throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.sources.path)
        files = try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let parts = path.split(separator: "/")
            return File(
                module: String(parts[0]), folder: parts.count > 2 ? String(parts[1]) : nil, path: path,
                text: try String(contentsOf: Self.sources.appending(path: path), encoding: .utf8))
        }
    }

    /// The names of its modules.
    static var modules: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: sources.path).sorted() }
    }
}
