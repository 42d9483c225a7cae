import GatewayProtocol
import JSON

/// A failure as the endpoints under `/v1` and `/tools` tell it: `{"error": {"message", "type", "code"}}`.
struct APIError: Error, Equatable {
    enum Kind: String {
        case unauthorized
        case invalidRequest = "invalid_request_error"
        case rateLimit = "rate_limit_error"
        case notFound = "not_found"
        case api = "api_error"
        case tool = "tool_error"
    }

    var status: Int
    var kind: Kind
    var message: String
    /// A word for programs.
    var code: String?

    init(_ status: Int, _ kind: Kind, _ message: String, code: String? = nil) {
        self.status = status
        self.kind = kind
        self.message = message
        self.code = code
    }

    static func invalid(_ message: String) -> APIError { APIError(400, .invalidRequest, message) }

    /// Whatever went wrong.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as ProtocolError:
            switch error.code {
            case .invalidRequest: self.init(400, .invalidRequest, error.message)
            case .agentTimeout: self.init(504, .api, error.message)
            case .notLinked, .notPaired, .unavailable: self.init(503, .api, error.message)
            }
        case is CancellationError: self.init(503, .api, ProtocolError.stopping.message)
        default: self.init(500, .api, "\(error)")
        }
    }

    /// What is told of a run that came to no answer; nil when it did.
    init?(_ end: RunEnd) {
        switch end.status {
        case .ok: return nil
        case .aborted: self.init(503, .api, "the run was aborted")
        case .error: self.init(end.isTimeout ? 504 : 500, .api, end.error ?? "the run failed")
        }
    }

    /// What is answered to who may not ask.
    init(_ fault: AccessControl.Fault) {
        switch fault {
        case .unauthorized: self.init(401, .unauthorized, "Unauthorized")
        case .tooMany: self.init(429, .rateLimit, "too many failed authentication attempts (retry later)")
        }
    }

    var json: JSON {
        var error: JSONObject = ["message": .string(message), "type": .string(kind.rawValue)]
        error["code"] = code.map(JSON.string)
        return ["error": .object(error)]
    }

    var answer: EndpointAnswer { EndpointAnswer(status, .json(json)) }
}

extension Conversations {
    /// What came of `run`, for who asked over HTTP. The run ends when the caller's task is cancelled.
    func outcome(of run: ActiveRun) async -> Result<RunEnd, APIError> {
        do {
            let end = try await end(of: run)
            return APIError(end).map(Result.failure) ?? .success(end)
        } catch {
            return .failure(APIError(error))
        }
    }
}
