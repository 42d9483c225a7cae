package import JSON

/// One client's attachment to a page, frame, worker, or the browser.
package struct DevToolsSession: Sendable {
    /// What its commands go over.
    package let connection: DevToolsConnection
    /// Nil for the browser itself.
    package let id: SessionID?

    /// Sends `command` and returns what its answer says. It is waited for as long as the connection's limits say, unless
    /// `time` says otherwise. Throws `DevToolsError` and `CancellationError`.
    package func send<Command: DevToolsCommand>(
        _ command: Command, within time: Duration? = nil
    ) async throws -> Command.Answer {
        let result = try await send(Command.method, command.parameters, within: time)
        return try Command.answer(Fields(result, of: Command.method))
    }

    /// Sends a command that no type here stands for, and returns its result. Throws `DevToolsError` and `CancellationError`.
    package func send(_ method: String, _ parameters: JSONObject, within time: Duration? = nil) async throws -> JSON {
        try await connection.send(method, parameters, session: id, within: time ?? connection.limits.answer)
    }

    /// The events called one of `methods` in this session, from now on.
    package func events(of methods: [String]) -> EventStream {
        connection.events(of: methods, in: .session(id))
    }

    /// The events of one kind in this session, from now on. Throws `DevToolsError.malformed` at one that is none.
    package func events<Event: DevToolsEvent>(_ type: Event.Type) -> some AsyncSequence<Event, any Error> & Sendable {
        events(of: [Event.method]).compactMap { event in try event.as(Event.self) }
    }
}
