import JSON
import Text

/// `POST /tools/invoke`: a tool of an agent, called by a program. This version has no tools, and says so of each.
struct ToolInvocation: Endpoint {
    static let path = "/tools/invoke"

    let access: AccessControl
    var name: String { Self.path }
    var bodyLimit: Int { 2 << 20 }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? { access.refusal(of: request) }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        do {
            let json = try APIBody.object(body)
            guard let tool = try APIBody.string(json, "tool")?.trimmed, !tool.isEmpty else {
                throw APIError.invalid("tools.invoke requires body.tool")
            }
            let error = APIError(404, .notFound, "Tool not available: \(tool)")
            return EndpointAnswer(404, .json(["ok": false, "error": error.json["error"] ?? .null]))
        } catch {
            return APIError(error).answer
        }
    }
}
