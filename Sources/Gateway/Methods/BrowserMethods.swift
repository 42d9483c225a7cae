import GatewayProtocol
import JSON
import Time

/// The browsers that agents use.
struct BrowserMethods: Sendable {
    /// Nil where the gateway controls no browser.
    let browser: (any BrowserControl)?
    let proxy: BrowserProxy

    var group: MethodGroup {
        MethodGroup(
            "Browser",
            """
            The routes of browser control, which are the same over HTTP at the base port + 2. What runs there is Chromium, with \
            user data of its own for each browser profile. A node that offers `browser.proxy` is asked in place of this host \
            when `gateway.nodes.browser` names it, or when it is the only one and the mode is `auto`.
            """,
            [request])
    }

    private struct RequestParameters {
        var method: Verb
        var path: String
        var query: JSON?
        var body: JSON?
        var timeout: TimeSpan

        /// How something is asked for.
        enum Verb: String, CaseIterable, Sendable {
            case get = "GET"
            case post = "POST"
            case delete = "DELETE"
        }

        static let schema = Schema(
            Field(required: "method", .word, "How."),
            Field(required: "path", .nonEmptyString, "The route, without a query: `/tabs/open`."),
            Field("query", .anyObject, "The query: strings, numbers and booleans by name."),
            Field("body", .any, "The content."),
            Field(
                "timeoutMs", .milliseconds(.zero ... .longestWait), default: TimeSpan(60, .seconds),
                "How long to wait for the answer."),
            as: RequestParameters.init)

        /// The query as HTTP would have it. Throws `ProtocolError`.
        func queryTexts() throws(ProtocolError) -> [String: String] {
            var texts: [String: String] = [:]
            for member in query?.object?.members ?? [] {
                switch member.value {
                case .string(let text): texts[member.name] = text
                case .bool, .integer, .double: texts[member.name] = member.value.text()
                case .null: continue
                case .array, .object:
                    throw ProtocolError(.invalidRequest, "query.\(member.name) must be a string, a number or a boolean")
                }
            }
            return texts
        }
    }

    private var request: Method {
        Method.awaiting(
            "browser.request", .scope(.write),
            "Asks something of browser control. A status from 500 on is answered as `UNAVAILABLE`, any other failure as "
                + "`INVALID_REQUEST`, with what the route answered as `details`.", RequestParameters.schema,
            answer: .anyObject.map { $0 }
        ) { call, parameters in
            let query = try parameters.queryTexts()
            if let node = try proxy.node() {
                var request: JSONObject = [
                    "method": .string(parameters.method.rawValue), "path": .string(parameters.path),
                ]
                request["query"] = parameters.query
                request["body"] = parameters.body
                return try await proxy.answer(request, at: node, within: parameters.timeout, for: call.client)
            }
            guard let browser else {
                throw ProtocolError(.unavailable, "this gateway controls no browser")
            }
            let answer = try await Self.answer(within: parameters.timeout) {
                await browser.answer(
                    method: parameters.method.rawValue, path: parameters.path, query: query, body: parameters.body)
            }
            guard let answer else {
                throw ProtocolError(.unavailable, "browser control did not answer within \(parameters.timeout)")
            }
            guard answer.status >= 400 else { return answer.body }
            throw ProtocolError(
                answer.status >= 500 ? .unavailable : .invalidRequest,
                answer.body["error"]?.string ?? "browser control refused with status \(answer.status)",
                details: answer.body)
        }
    }

    /// What `ask` returns, when it does within `time`; else it is cancelled.
    private static func answer(
        within time: TimeSpan, _ ask: @escaping @Sendable () async -> (status: Int, body: JSON)
    ) async throws -> (status: Int, body: JSON)? {
        try await withThrowingTaskGroup(of: (status: Int, body: JSON)?.self) { group in
            group.addTask { await ask() }
            group.addTask {
                try await Task.sleep(for: time.duration)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
