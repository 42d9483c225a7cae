import JSON

/// What is asked of an agent under `/v1`, whatever the interface.
struct AnswerRequest {
    /// As the client named it.
    var model: String
    /// Whether the answer is wanted as it grows.
    var isStream: Bool
    /// Who asks, when the request says so.
    var user: String?
    var messages: FoldedMessages
    /// As `Attachments` reads them.
    var pictures: [JSON]

    /// The messages and pictures of a request, as its interface lists them.
    struct Said {
        var messages: [FoldedMessages.Message] = []
        var pictures: [JSON] = []
    }

    /// Reads `body`: what all interfaces have in common, and then what `said` finds. Throws `APIError`.
    ///
    /// - Parameter fault: what is told when nobody asks anything.
    init(_ body: JSON, fault: String, _ said: (JSON) throws(APIError) -> Said) throws(APIError) {
        model = try APIBody.string(body, "model") ?? "mazelclaw"
        isStream = try APIBody.bool(body, "stream") ?? false
        user = try APIBody.string(body, "user")
        let said = try said(body)
        messages = try FoldedMessages(said.messages, fault: fault)
        pictures = said.pictures
    }
}

/// What a run cost, as answers tell it: zeros for what the model did not count.
struct ToldUsage {
    let input: Int64
    let output: Int64
    let total: Int64

    init(_ usage: TokenUsage?) {
        input = usage?.input ?? 0
        output = usage?.output ?? 0
        let (sum, isTooMuch) = input.addingReportingOverflow(output)
        total = usage?.total ?? (isTooMuch ? .max : sum)
    }
}
