import Configuration
import JSON
import Time

extension OperatorCommand {
    static let logs = OperatorCommand(
        "logs", "[lines]", "Shows the newest lines of the log: 20, or as many as are said."
    ) {
        request in
        let limit = request.argument.isEmpty ? 20 : Int(request.argument)
        guard let limit, (1...500).contains(limit) else {
            return "\(request.argument) is no number of lines; from 1 to 500 can be shown."
        }
        let lines = try request.sources.logFile.tail(after: nil, limit: limit, bytes: 128 << 10).lines
        return lines.isEmpty ? "The log is empty." : lines.joined(separator: "\n")
    }

    static let sessions = OperatorCommand(
        "sessions", "[words]", "Lists the newest conversations, or finds messages with these words."
    ) { request in
        let store = request.sources.store
        guard request.argument.isEmpty else {
            var query = TranscriptQuery(request.argument)
            query.limit = 10
            let hits = try await store.search(query)
            guard !hits.isEmpty else { return "Nothing that was said here has these words." }
            return hits.map { "\($0.key): \($0.snippet)" }.joined(separator: "\n")
        }
        let now = request.sources.clock.now
        var filter = SessionFilter.everything
        filter.limit = 20
        let rows = try await store.list(filter, ConversationStore.ListDetails()).map { row in
            (row.entry.key.text, "last used \(OperatorText.time(now.since(row.entry.updatedAt))) ago")
        }
        return rows.isEmpty ? "There are no conversations yet." : OperatorText.table(rows)
    }

    static let config = OperatorCommand(
        "config", "[path]",
        "Shows the configuration file, or what stands in it at a path such as gateway.port. For admins.",
        isForAdmins: true
    ) { request in
        let configuration = request.sources.configuration.value
        guard let file = configuration.file else {
            return "There is no configuration file; \(configuration.instance.configurationFile.value) would be it."
        }
        // Secrets are hidden before anything is looked up: a path may lead to one.
        let root = ConfigurationSchema.root.redacted(file.root, knowing: KnownSecrets(file.snapshot))
        guard !request.argument.isEmpty else { return "\(file.path):\n\(root.text(pretty: true))" }
        let path: ConfigurationPath
        do throws(ConfigurationPath.Fault) {
            path = try ConfigurationPath(request.argument)
        } catch {
            return "\(error)"
        }
        guard let value = path.value(in: root) else { return "There is nothing at \(path) in \(file.path)." }
        return "\(file.path), \(path):\n\(value.text(pretty: true))"
    }
}
