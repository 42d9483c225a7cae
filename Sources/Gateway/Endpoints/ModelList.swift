import JSON
import Time

/// `GET /v1/models`: what a request to the endpoints beside it may name as its model. Each is an agent, which has models of
/// its own.
struct ModelList: Endpoint {
    static let path = "/v1/models"

    let access: AccessControl
    let agents: Current<AgentDirectory>
    let uptime: Uptime
    var name: String { Self.path }
    var bodyLimit: Int { 0 }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? { access.refusal(of: request, method: "GET") }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        // Since when there is one, nobody knows: it is as old as this process.
        let created = JSON.integer(uptime.start.seconds)
        let models = agents.value.all.map { agent -> JSON in
            ["id": .string("mazelclaw:\(agent.id)"), "object": "model", "created": created, "owned_by": "mazelclaw"]
        }
        return EndpointAnswer(200, .json(["object": "list", "data": .array(models)]))
    }
}
