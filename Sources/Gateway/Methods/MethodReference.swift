/// The reference page of the protocol's methods and events, made from their descriptions.
enum MethodReference {
    /// The page, as `Gateway.docc/Methods.md` holds it.
    static var markdown: String {
        var lines = [
            "# Methods and events", "", "What clients may call, and what they are told.", "",
            "<!-- Made from the descriptions in Sources/Gateway/Methods. Do not edit: a test holds it against them,",
            "     and MAZELCLAW_UPDATE_GOLDEN=1 writes it anew. -->", "",
            "Parameters that are not listed are refused. Every answer may also be an error, of one of these codes:",
            ErrorCode.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + ".",
        ]
        lines += ["", "## Connecting", "", "The first request is `connect`. Parameters:", ""]
        lines += members(ConnectParams.schema.fields, depth: 0)
        for group in MethodTable.standard.groups {
            lines += ["", "## \(group.title)", "", group.text]
            for method in group.methods { lines += section(method) }
        }
        lines += ["", "## Events", "", "Sent without being asked for, numbered for each client from 1 (`seq`).", ""]
        for event in GatewayEvent.all { lines += line(event) }
        return lines.joined(separator: "\n") + "\n"
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
