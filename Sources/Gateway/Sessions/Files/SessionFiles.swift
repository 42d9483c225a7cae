import Files
import Glibc
import Policy
import Text

/// Sessions as files, in the original gateway's layout: `agents/AGENT/sessions/` with `sessions.json`, an object of
/// entries by session key, and a `.jsonl` for each transcript.
struct SessionFiles {
    /// The directory above `agents`.
    let root: AbsolutePath
    /// The same, when it is read: somebody else wrote what is in it.
    var source: HostileDirectory { HostileDirectory(root) }

    static let index = "sessions.json"

    /// Where the sessions of `agent` stand.
    func directory(of agent: String) -> AbsolutePath { root / "agents/\(agent)/sessions" }

    /// The agents that have sessions here, and where they stand.
    ///
    /// `root` may also be one agent's sessions themselves: then they are those of the agent its path names, or of
    /// `standard`.
    func agents(standard: String) throws(StorageError) -> [(id: String, directory: AbsolutePath)] {
        if try source.names(in: root)?.contains(Self.index) == true {
            let path = root.components
            let isNamed = path.count >= 3 && path[path.count - 1] == "sessions" && path[path.count - 3] == "agents"
            return [(isNamed ? IdentifierText.agent(String(path[path.count - 2])) : standard, root)]
        }
        var agents: [(id: String, directory: AbsolutePath)] = []
        for name in try source.names(in: root / "agents") ?? [] {
            let directory = directory(of: name)
            if try source.names(in: directory) != nil { agents.append((IdentifierText.agent(name), directory)) }
        }
        return agents
    }

    /// Whether a file in a directory can be called `name`.
    static func isFileName(_ name: String) -> Bool {
        !["", ".", ".."].contains(name) && name.utf8.count <= Int(NAME_MAX)
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}
