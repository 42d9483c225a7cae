import GatewayProtocol

/// The reference page of the protocol's methods and events, made from their descriptions.
enum MethodReference {
    /// The page, as `Gateway.docc/Methods.md` holds it.
    static func markdown(of table: MethodTable) -> String {
        var lines = [
            "# Methods and events", "", "What clients may call, and what they are told.", "",
            "<!-- Made from the descriptions in Sources/Gateway/Methods. Do not edit: a test holds it against them,",
            "     and MAZELCLAW_UPDATE_GOLDEN=1 writes it anew. -->", "",
            "Parameters that are not listed are refused. Every answer may also be an error, of one of these codes:",
            ErrorCode.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + ".",
        ]
        lines += ["", "## Connecting", "", "The first request is `connect`. Parameters:", ""]
        lines += members(ConnectParams.schema.fields, depth: 0)
        lines += ["", "## Limits", ""] + limits
        for group in table.groups {
            lines += ["", "## \(group.title)", "", group.text]
            for method in group.methods { lines += section(method) }
        }
        lines += ["", "## Events", "", "Sent without being asked for, numbered for each client from 1 (`seq`).", ""]
        for event in GatewayEvent.all { lines += line(event) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What a client may make the gateway hold, and what becomes of more.
    private static var limits: [String] {
        func size(_ bytes: Int) -> String {
            bytes % (1 << 20) == 0 ? "\(bytes >> 20) MiB" : bytes % 1024 == 0 ? "\(bytes >> 10) KiB" : "\(bytes) bytes"
        }
        let rows = [
            (
                "a message",
                "\(size(ProtocolLimits.inboundBytes)) and \(ProtocolLimits.values) values, members and elements at every "
                    + "depth; before the handshake is through \(size(ProtocolLimits.inboundBytesBeforeHandshake)) and "
                    + "\(ProtocolLimits.valuesBeforeHandshake)",
                "the connection is closed with 1009"
            ),
            (
                "a request's `id` and method, a name in `connect`", "\(ProtocolLimits.nameCharacters) characters",
                "`INVALID_REQUEST`"
            ),
            ("a session's key", "\(ProtocolLimits.sessionKeyCharacters) characters", "`INVALID_REQUEST`"),
            ("an idempotency key", "\(ProtocolLimits.idempotencyKeyCharacters) characters", "`INVALID_REQUEST`"),
            (
                "runs known by their keys", "a week, the newest \(ConversationStore.runLimit)",
                "the oldest are forgotten; a key that comes again is new then"
            ),
            (
                "requests of a client that wait",
                "\(ProtocolLimits.waitingRequests), and \(size(ProtocolLimits.waitingRequestBytes)) together; of all clients "
                    + size(ProtocolLimits.allWaitingRequestBytes), "`UNAVAILABLE`, retryable"
            ),
            (
                "runs that are not over",
                "\(RunTable.openLimit), in one session \(RunTable.sessionLimit); \(size(RunTable.openByteLimit)) together",
                "`UNAVAILABLE`, retryable"
            ),
            (
                "what a session is told at its next turn",
                "\(SystemEvents.limit) lines, \(size(SystemEvents.byteLimit)) together",
                "the oldest lines are forgotten"
            ),
            ("one such line", size(SystemEvents.lineLimit), "`INVALID_REQUEST`"),
            (
                "sessions for which lines wait", "\(SystemEvents.sessionLimit), and all main sessions",
                "`UNAVAILABLE`, retryable"
            ),
            (
                "who is there", "\(Presence.limit)",
                "those that left first are forgotten first; long lines and lists are shortened"
            ),
            (
                "what waits to be sent to a client", size(ProtocolLimits.bufferedBytes),
                "events that may be left out are; else the connection is closed with 1008"
            ),
            ("mistakes told of one request", "\(Faults.limit)", "`and more`"),
        ]
        return [
            "`/metrics` shows how much there is of what is limited (`mazelclaw_limit_used`, `mazelclaw_limit`), and how often "
                + "a limit was reached (`mazelclaw_limit_reached_total`).", "", "| of | there may be | beyond that |",
            "| --- | --- | --- |",
        ] + rows.map { "| \($0.0) | \($0.1) | \($0.2) |" }
    }

    private static func section(_ method: Method) -> [String] {
        let access =
            switch method.access {
            case .scope(let scope): "Scope: `\(scope.rawValue)`."
            case .node: "For nodes."
            }
        var lines = ["", "### \(method.name)", "", method.summary, ""]
        lines.append(method.isAdvertised ? access : "\(access) Not listed in hello-ok.")
        if !method.fields.isEmpty {
            lines += ["", "Parameters:", ""] + members(method.fields, depth: 0)
        }
        lines += ["", "Answer: \(method.answer.text)\(method.answer.fields.isEmpty ? "." : ":")"]
        if !method.answer.fields.isEmpty { lines += [""] + members(method.answer.fields, depth: 0) }
        return lines
    }

    private static func line(_ event: GatewayEvent) -> [String] {
        let scope = event.scope.map { " Needs `\($0.rawValue)`." } ?? ""
        return ["- `\(event.name)`: \(event.text)\(scope)"] + members(event.payload.fields, depth: 1)
    }

    private static func members(_ fields: [FieldDescription], depth: Int) -> [String] {
        fields.flatMap { field in
            let indent = String(repeating: "  ", count: depth)
            let presence = field.isRequired ? "" : field.fallback.map { ", default `\($0)`" } ?? ", optional"
            return ["\(indent)- `\(field.name)` (\(field.type)\(presence)): \(field.text)"]
                + members(field.fields, depth: depth + 1)
        }
    }
}
