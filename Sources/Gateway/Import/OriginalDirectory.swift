public import Files
public import Policy

/// A state directory of the original gateway, under any name its product had. It is only read, and only when somebody names
/// it: nothing looks for one to use.
public struct OriginalDirectory: Sendable {
    /// Its path, as it was named.
    public let path: AbsolutePath
    /// The same, as what somebody else wrote.
    let files: HostileDirectory
    /// Its configuration file; nil when there is none.
    let configuration: AbsolutePath?

    /// The names the original has had, the newest first.
    static let products = ["openclaw", "moltbot", "clawdbot"]

    /// The directory at `path`. Throws `StorageError` when it holds nothing of the original's.
    public init(_ path: AbsolutePath) throws(StorageError) {
        self.path = path
        files = HostileDirectory(path)
        guard let names = try files.names(in: path) else {
            throw StorageError("import", path, fault: "there is no such directory")
        }
        configuration = Self.products.map { "\($0).json" }.first(where: names.contains).map { path / $0 }
        guard configuration != nil || names.contains(where: ["agents", "cron", "devices"].contains) else {
            let known = Self.products.map { "\($0).json" }.joined(separator: ", ")
            throw StorageError(
                "import", path,
                fault:
                    "it holds neither \(known) nor agents, cron or devices; name the original gateway's state directory"
            )
        }
    }

    /// What there is for a person at `home` to take over: the default places of the original, in the order of its names. Only
    /// their names are looked at.
    public static func found(below home: AbsolutePath) -> [OriginalDirectory] {
        products.compactMap { try? OriginalDirectory(home / ".\($0)") }
    }

    /// What the name of the directory adds to that of the default: `-rescue` of `.clawdbot-rescue`.
    private var suffix: String {
        let name = path.lastComponent
        let product = Self.products.first { name == ".\($0)" || name.hasPrefix(".\($0)-") }
        return product.map { String(name.dropFirst($0.count + 1)) } ?? ""
    }

    /// Where the workspace can be that the configuration calls `text`, or when that is nil, does not name. `home` is that of
    /// whoever takes it over; a directory that was copied elsewhere has its workspace beside it.
    func workspaces(named text: String?, home: AbsolutePath) -> [AbsolutePath] {
        guard let text else {
            return [path / "workspace\(suffix)", path / "workspace", path.parent / "clawd\(suffix)"]
        }
        if text == "~" || text.hasPrefix("~/") {
            return [path.parent, home].compactMap { AbsolutePath("\($0)/\(text.dropFirst(2))") }
        }
        return AbsolutePath(text).map { [$0] } ?? []
    }

    /// Whether `text` of a configuration speaks of a file in the original's state directory, which a sandbox does not show.
    func isSpokenOf(in text: String) -> Bool {
        if text.contains("\(path)/") || text == path.text { return true }
        return Self.products.contains { product in
            let name = ".\(product)"
            guard let range = text.firstRange(of: name) else { return false }
            let before = text[..<range.lowerBound].last
            let after = text[range.upperBound...].first
            return (before == nil || before == "/") && (after == nil || after == "/" || after == "-")
        }
    }
}
