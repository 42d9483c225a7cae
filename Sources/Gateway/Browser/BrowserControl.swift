public import Configuration
public import JSON

/// Control of this instance's browsers, as the protocol reaches it.
public protocol BrowserControl: Sendable {
    /// Answers a request to its routes, with a status as HTTP has it and the content.
    func answer(
        method: String, path: String, query: [String: String], body: JSON?
    ) async -> (status: Int, body: JSON)

    /// Takes over what `configuration` says of browsers.
    func adopt(_ configuration: GatewayConfiguration)
}
