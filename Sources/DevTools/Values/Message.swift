package import JSON

/// A message from the browser.
package enum Message: Sendable {
    /// An answer to the command of a number.
    case answer(id: Int64, Result<JSON, Refusal>)
    /// Something that happened.
    case event(Event)

    /// Why a command was refused.
    package struct Refusal: Error, Sendable {
        /// As JSON-RPC 2.0 section 5.1 has it, or the browser's own.
        package var code: Int64
        /// The browser's words.
        package var message: String
    }

    /// Something that happened.
    package struct Event: Sendable {
        /// Domain and name.
        package var method: String
        /// Which session it is of; nil for the browser's own.
        package var session: SessionID?
        /// What there is to tell.
        package var parameters: JSON

        /// The event as `Expected`; nil when it is another. Throws `DevToolsError.malformed`.
        package func `as`<Expected: DevToolsEvent>(_ type: Expected.Type) throws(DevToolsError) -> Expected? {
            guard method == Expected.method else { return nil }
            return try Expected(Fields(parameters, of: method))
        }
    }

    /// The message that `json` is. Throws `DevToolsError.violation` for one that the protocol does not have.
    init(_ json: JSON) throws(DevToolsError) {
        guard json.object != nil else { throw .violation("a message is no object") }
        if let id = json["id"] {
            guard let id = id.integer else { throw .violation("the number of an answer is no whole number") }
            if let error = json["error"] {
                let data = error["data"]?.string.map { ": \($0)" } ?? ""
                self = .answer(
                    id: id,
                    .failure(
                        Refusal(
                            code: error["code"]?.integer ?? 0,
                            message: (error["message"]?.string ?? "no reason given") + data)))
            } else {
                self = .answer(id: id, .success(json["result"] ?? [:]))
            }
            return
        }
        // What cannot be told to belong to a command: the browser could not read what was sent.
        guard let method = json["method"]?.string else {
            let reason = json["error"]?["message"]?.string ?? "it has neither a number nor a method"
            throw .violation("a message is neither an answer nor an event: \(reason)")
        }
        self = .event(
            Event(
                method: method, session: json["sessionId"]?.string.map(SessionID.init),
                parameters: json["params"] ?? [:]))
    }
}
