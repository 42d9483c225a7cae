import Files
import Policy
import Text

/// The directory that an agent works in, with the files that tell it who it is.
struct AgentWorkspace: Sendable {
    let path: AbsolutePath

    init(_ path: AbsolutePath) {
        self.path = path
    }

    /// Makes it, and puts into it what is missing. Throws `StorageError`.
    ///
    /// `BOOTSTRAP.md` only goes into a workspace that has none of the others: one that was lived in needs no first
    /// conversation.
    func prepare(_ settings: BootstrapSettings) throws(StorageError) {
        try DurableFile.makeDirectory(path)
        guard !settings.isSkipped else { return }
        let missing = BootstrapFile.standard.filter { !exists($0.name) }
        let isNew =
            missing.count == BootstrapFile.standard.count && !BootstrapFile.memoryNames.contains(where: exists)
        // It comes first: whoever finds the others takes the workspace for one that was lived in.
        try DurableFile.make(
            ((isNew ? [.bootstrap] : []) + missing).map { ($0.name, Array($0.text.utf8)) }, in: path)
    }

    /// Whether the first conversation is still to come.
    var isBootstrapPending: Bool { exists(BootstrapFile.bootstrap.name) }

    /// At most `limit` characters of the file `name`, and how many bytes it has; nil when there is no such file, or
    /// nothing but white space in it.
    func text(of name: String, limit: Int) -> (text: String, isWhole: Bool)? {
        // Not O_NOFOLLOW: what an agent puts here, links included, it may be told. A pipe must not hold us up.
        guard case .some(.some(let file)) = try? FilePlace(path / name).open("read", .reading),
            (try? file.attributes())?.kind == .regular,
            let bytes = try? file.read(from: 0, count: limit * 4)
        else { return nil }
        let whole = String(decoding: bytes, as: UTF8.self).trimmed
        guard !whole.isEmpty else { return nil }
        let text = String(whole.prefix(limit))
        return (text, text.utf8.count == whole.utf8.count && bytes.count < limit * 4)
    }

    /// Whether there is something to look at for its agent at a heartbeat: HEARTBEAT.md says more than a new one and
    /// headings do, or is not there to say that there is nothing.
    var hasHeartbeatTasks: Bool {
        let file = BootstrapFile.heartbeat
        guard exists(file.name) else { return true }
        guard let (text, _) = text(of: file.name, limit: 20_000), text != file.text.trimmed else { return false }
        let new = Set(file.text.split(whereSeparator: \.isNewline).map { String($0).trimmed })
        return text.split(whereSeparator: \.isNewline).contains { line in
            let line = String(line).trimmed
            let isEmptyTask = ["-", "*", "+", "- [ ]", "* [ ]"].contains(line)
            return !line.isEmpty && !line.hasPrefix("#") && !isEmptyTask && !new.contains(line)
        }
    }

    private func exists(_ name: String) -> Bool {
        FileAttributes(at: path / name) != nil
    }
}
