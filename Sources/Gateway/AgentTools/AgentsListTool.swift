import JSON
import Tools

/// The tool `agents_list`: which agents there are.
struct AgentsListTool: Tool {
    let agents: Current<AgentDirectory>

    let name = "agents_list"
    let summary =
        "Lists the agents of this gateway: the id of each, its name where it has one, and its models. Tells also which of "
        + "them you are, and which answers when nobody is named."
    let parameters: JSON = ["type": "object", "properties": [:], "additionalProperties": false]

    func call(_ arguments: JSONObject, in context: ToolContext) async throws -> ToolOutput {
        let agents = agents.value
        return ToolOutput(
            [
                "requester": .string(context.agentID), "defaultId": .string(agents.defaultID),
                "agents": .array(
                    agents.all.map { agent in
                        var object: JSONObject = ["id": .string(agent.id)]
                        object["name"] = agent.name.map(JSON.string)
                        object["models"] = .array(agent.models.map { .string("\($0)") })
                        return .object(object)
                    }),
            ])
    }
}
