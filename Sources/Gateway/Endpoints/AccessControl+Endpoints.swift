import Configuration

extension AccessControl {
    /// Why `request` does not show the gateway's secret; nil when it does.
    func fault(of request: EndpointRequest) -> Fault? {
        fault(of: request.token, from: request.origin, kind: "") { configuration.value.credentials.accept($0) }
    }

    /// Why `request` may not read what is for this host, and for others with the gateway's secret; nil when it may.
    func readerFault(of request: EndpointRequest) -> Fault? {
        let isLocal = request.origin.isLocal(configuration.value.originRules)
        guard !isLocal || request.isFromForeignPage else { return nil }
        // What a page of another site has the browser guess must not lock out whoever uses that browser.
        let kind = request.isFromForeignPage ? "pages " : ""
        return fault(of: request.token, from: request.origin, kind: kind) {
            configuration.value.credentials.accept($0)
        }
    }

    /// Why an endpoint that takes `method` and wants the gateway's secret does not answer `request`; nil when it does.
    func refusal(of request: EndpointRequest, method: String = "POST") -> EndpointAnswer? {
        if let fault = fault(of: request) { return fault.answer }
        guard request.method == method else {
            var answer = APIError(405, .invalidRequest, "use \(method)").answer
            answer.headers = [("allow", method)]
            return answer
        }
        return nil
    }
}

extension AccessControl.Fault {
    /// What is answered.
    var answer: EndpointAnswer {
        var answer = APIError(self).answer
        answer.headers = headers
        return answer
    }
}
