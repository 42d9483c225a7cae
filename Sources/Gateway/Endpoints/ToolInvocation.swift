import JSON
import Text
import Tools

/// `POST /tools/invoke`: a tool that models may call, called by a program.
struct ToolInvocation: Endpoint {
    static let path = "/tools/invoke"

    let access: AccessControl
    let tools: AgentTools
    let sessions: SessionResolver
    var name: String { Self.path }
    var bodyLimit: Int { 2 << 20 }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? { access.refusal(of: request) }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        do {
            let json = try APIBody.object(body)
            guard let tool = try APIBody.string(json, "tool")?.trimmed, !tool.isEmpty else {
                throw APIError.invalid("tools.invoke requires body.tool")
            }
            let arguments: JSONObject
            switch json["args"] {
            case nil, .null: arguments = JSONObject()
            case .object(let object): arguments = object
            default: throw APIError.invalid("`args` must be an object")
            }
            let session = sessions.session(try APIBody.string(json, "sessionKey") ?? "main")
            guard let known = tools.set(for: session.agentID)[tool] else {
                return fault(APIError(404, .notFound, "Tool not available: \(tool)"))
            }
            if try APIBody.bool(json, "dryRun") == true {
                return EndpointAnswer(200, .json(["ok": true, "dryRun": true]))
            }
            let context = ToolContext(
                callID: UUIDText.random(), agentID: session.agentID, sessionKey: session.key.text, isByAdmin: true)
            let output: ToolOutput
            do {
                output = try await known.call(arguments, in: context)
            } catch {
                return fault(APIError(400, .tool, "\(error)"))
            }
            guard !output.isError else { return fault(APIError(400, .tool, output.text)) }
            return EndpointAnswer(200, .json(["ok": true, "result": output.json]))
        } catch {
            return APIError(error).answer
        }
    }

    private func fault(_ error: APIError) -> EndpointAnswer {
        EndpointAnswer(error.status, .json(["ok": false, "error": error.json["error"] ?? .null]))
    }
}
