import Configuration
import JSON
import Text

/// A text with places to be filled: `{{PATH}}`, where PATH leads into what a hook was sent.
///
///     HookTemplate("New mail from {{messages[0].from}}")
///
/// `payload.PATH` means the same as PATH; `headers.NAME` is a header field, `path` the path below the hooks' own. A
/// place that leads nowhere is filled with nothing.
struct HookTemplate {
    /// What the places lead into.
    struct Source {
        var payload: JSON
        var request: EndpointRequest
        var path: String
    }

    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// The text with what the places lead to. What is put in is not looked at for places again.
    func filled(_ source: Source) -> String {
        var filled = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "{{") {
            let inner = rest[start.upperBound...]
            guard let end = inner.firstRange(of: "}}") else { break }
            filled += rest[..<start.lowerBound]
            filled += Self.value(String(inner[..<end.lowerBound]).trimmed, source)
            rest = inner[end.upperBound...]
        }
        return filled + rest
    }

    private static func value(_ path: String, _ source: Source) -> String {
        if path == "path" { return source.path }
        if path.hasPrefix("headers.") {
            let name = path.dropFirst("headers.".count).lowercased()
            // The secret is for the gateway, not for an agent.
            return secretHeaders.contains(name) || name.hasSuffix("-token") ? "" : source.request.headers[name] ?? ""
        }
        let inner = path.hasPrefix("payload.") ? String(path.dropFirst("payload.".count)) : path
        guard let path = try? ConfigurationPath(inner), let value = path.value(in: source.payload) else { return "" }
        return value.string ?? (value == .null ? "" : value.text())
    }

    private static let secretHeaders: Set = ["authorization", "cookie", "proxy-authorization"]
}
