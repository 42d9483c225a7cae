public import Configuration
import GatewayProtocol
public import JSON
import Policy

/// The configuration as clients are shown it: without secrets.
struct ConfigurationReport {
    let snapshot: ConfigurationSnapshot

    /// The result of `config.get`.
    var json: JSON {
        let schema = ConfigurationSchema.root
        let secrets = KnownSecrets(snapshot)
        let redactor = Redactor(secrets)
        let written = snapshot.document.map { schema.redacted($0.value, knowing: secrets, keepsReferences: true) }
        var object = JSONObject()
        object["path"] = .string(snapshot.path.text)
        object["exists"] = .bool(snapshot.text != nil)
        object["raw"] = snapshot.shownText.map(JSON.string) ?? .null
        object["parsed"] = written ?? [:]
        object["valid"] = .bool(snapshot.isValid)
        object["config"] = resolved
        object["hash"] = .string(snapshot.hash)
        let issues = snapshot.faults.map { fault in
            var fault = fault
            fault.message = redactor.withoutKnown(fault.message)
            fault.advice = fault.advice.map(redactor.withoutKnown)
            return fault
        }
        object["issues"] = .array(issues.map(\.json))
        object["warnings"] = .array(
            (snapshot.resolved.map(schema.unservedPaths) ?? []).map { path in
                ["path": .string(path), "message": "valid, and not acted on by this version"]
            })
        object["legacyIssues"] = .array(issues.filter { $0.kind == .moved }.map(\.json))
        return .object(object)
    }

    /// What counts: with includes, variables and defaults.
    var resolved: JSON {
        let schema = ConfigurationSchema.root
        let content = snapshot.resolved?.object.map(JSON.object) ?? [:]
        return schema.redacted(schema.withDefaults(content), knowing: KnownSecrets(snapshot))
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "path", .string, "Where the file stands."),
        Field(required: "exists", .boolean, "Whether there is one."),
        Field(
            required: "raw", .any,
            "Its text, in which secrets are hidden; null when there is none, or when it cannot be read."),
        Field(required: "parsed", .any, "What the file itself says, without what it includes."),
        Field(required: "valid", .boolean, "Whether a gateway can run with it."),
        Field(required: "config", .anyObject, "What counts: with includes, variables and defaults."),
        Field(
            required: "hash", .string,
            "SHA-256 of its text, in hexadecimal digits: the base of the next change."),
        Field(required: "issues", .list(of: ConfigurationFault.shape), "What is wrong with it."),
        Field(
            required: "warnings",
            .list(
                of: .object(
                    Field(required: "path", .string, "The key."), Field(required: "message", .string, "What of it."))),
            "What is set in vain."),
        Field(
            required: "legacyIssues", .list(of: ConfigurationFault.shape),
            "Those of `issues` that are keys of older versions."))
}

extension ConfigurationFault {
    /// For programs.
    public var json: JSON {
        var object: JSONObject = ["path": .string(path), "message": .string(message)]
        object["advice"] = advice.map(JSON.string)
        object["file"] = .string(file.text)
        object["line"] = position.map { .integer(Int64($0.line)) }
        object["column"] = position.map { .integer(Int64($0.column)) }
        return .object(object)
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "path", .string, "The key; empty for the whole."),
        Field(required: "message", .string, "What is wrong."),
        Field("advice", .string, "What may have been meant, or what to do."),
        Field(required: "file", .string, "The file it stands in."), Field("line", .integer(1...), "The line there."),
        Field("column", .integer(1...), "The column there."))
}
