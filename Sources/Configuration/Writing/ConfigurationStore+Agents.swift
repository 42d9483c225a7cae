public import JSON
import Text

/// Changes of who answers.
extension ConfigurationStore {
    /// Adds the agent that `entry` describes, as it is to stand in `agents.list`, to those there are. With `isDefault` it
    /// answers when none is named, and nobody else does. Throws `ConfigurationChangeError`.
    @discardableResult
    public func add(
        agent entry: JSONObject, isDefault: Bool = false
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        let id = entry["id"]?.string ?? ""
        guard id == IdentifierText.agent(id) else {
            throw .refused(
                "\"\(id)\" cannot be an agent's id; expected at most 64 lower-case letters, digits, - and _, of which the "
                    + "first is a letter or a digit")
        }
        return try changeAgents { (list, content) throws(ConfigurationChangeError) in
            let agents = content.agents
            guard !agents.all.contains(where: { $0.id == id }) else {
                throw .refused("there is an agent \"\(id)\" already; `mazelclaw agents` lists all of them")
            }
            // The agent that nobody listed stays, and goes on answering.
            if agents.list.isEmpty { list.append(["id": "main", "default": true]) }
            var entry = entry
            if isDefault {
                for other in agents.list where other.isDefault && !list.contains(where: { $0.isAgent(other.id) }) {
                    throw .included("the agent \"\(other.id)\", which answers when none is named,")
                }
                list = list.map { $0.without("default") }
                entry["default"] = true
            }
            list.append(.object(entry))
        }
    }

    /// Takes the agent `id` out of `agents.list`; what it has on disk stays. Throws `ConfigurationChangeError`, also when a
    /// binding names it, or when it is the one that answers when none is named.
    @discardableResult
    public func remove(agent id: String) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        let id = id.lowercased()
        return try changeAgents { (list, content) throws(ConfigurationChangeError) in
            let agents = content.agents
            guard agents.all.contains(where: { $0.id == id }) else {
                let known = agents.all.map { "\"\($0.id)\"" }.joined(separator: ", ")
                throw .refused("there is no agent \"\(id)\"; there are \(known)")
            }
            guard agents.all.count > 1 else {
                throw .refused("\"\(id)\" is the only agent; add another one first")
            }
            guard agents.defaultID != id else {
                throw .refused(
                    "the agent \"\(id)\" answers when none is named; let another one of agents.list be the \"default\" first"
                )
            }
            if let index = content.bindings.firstIndex(where: { $0.agentID.lowercased() == id }) {
                throw .refused(
                    "the agent \"\(id)\" is bound: bindings[\(index)] has it answer; take that binding out first")
            }
            guard let index = list.firstIndex(where: { $0.isAgent(id) }) else { throw .included("the agent \"\(id)\"") }
            list.remove(at: index)
        }
    }

    private typealias AgentChange = (inout [JSON], RootSection) throws(ConfigurationChangeError) -> Void

    /// Has `change` make another list of the one that the file itself has, knowing what the whole configuration says.
    private func changeAgents(_ change: AgentChange) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        try update(base: .any) { (snapshot) throws(ConfigurationChangeError) in
            guard snapshot.isUsable, let content = snapshot.resolved.flatMap(RootSection.reading) else {
                throw .broken(snapshot.faults)
            }
            var root = snapshot.document?.value.object ?? JSONObject()
            var agents = root["agents"]?.object ?? JSONObject()
            guard agents["list"] == nil || agents["list"]?.array != nil else { throw .included("agents.list") }
            var list = agents["list"]?.array ?? []
            try change(&list, content)
            agents["list"] = .array(list)
            root["agents"] = .object(agents)
            return try text(saying: .object(root), in: snapshot)
        }
    }
}

extension JSON {
    /// Whether this is the entry of the agent `id`.
    fileprivate func isAgent(_ id: String) -> Bool { self["id"]?.string?.lowercased() == id }

    /// The same object without the member `name`.
    fileprivate func without(_ name: String) -> JSON {
        guard case .object(var object) = self else { return self }
        object[name] = nil
        return .object(object)
    }
}
