import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy

/// `mazelclaw sessions search`: what was said in this profile's conversations.
struct SessionsSearchCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find messages that hold all of some words. Exits 1 when there are none.",
        discussion: """
            A star at a word's end stands for any ending; quotes hold words together. Case and accents do not count.
            """)

    @Argument(help: "The words.")
    var words: [String]

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("Only in the conversations of this agent.", valueName: "id"))
    var agent: String?

    @Option(help: ArgumentHelp("At most so many messages.", valueName: "number"))
    var limit = 20

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 10000.") }
    }

    func run(in context: Context) async throws -> Int32 {
        ReadGuard.begin()
        let reader = try ConversationReader(stateDirectory: context.instance.stateDirectory.value)
        var query = TranscriptQuery(words.joined(separator: " "))
        (query.agent, query.limit) = (agent, limit)
        let hits = try reader.search(query)
        if json {
            let report: JSON = [
                "path": .string(reader.path.text), "count": .integer(Int64(hits.count)),
                "hits": .array(hits.map(\.json)),
            ]
            Output.line(report.text(pretty: true))
        } else if hits.isEmpty {
            Output.error("mazelclaw: nothing that was said has these words")
        } else {
            for hit in hits {
                let snippet = hit.snippet.split(whereSeparator: \.isNewline).joined(separator: " ")
                Output.line(TerminalText.safe("\(hit.key)  \(hit.role): \(snippet)"))
            }
        }
        return hits.isEmpty ? 1 : 0
    }
}
