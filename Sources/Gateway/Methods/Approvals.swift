import JSON
import Policy

extension MethodGroup {
    /// What agents may run.
    static let approvals = MethodGroup(
        "Approvals", "What agents may run without asking: `exec-approvals.json` in the state directory.", [get, set])
}

private let snapshot = Shape.object(
    Field(required: "path", .string, "Where the file stands."),
    Field(required: "exists", .boolean, "Whether there is one."),
    Field(required: "hash", .string, "SHA-256 of its text, in hexadecimal digits: the base of the next change."),
    Field(required: "file", ApprovalsFile.shape, "What stands in it, but for secrets."))

extension MethodCall {
    fileprivate func json(_ snapshot: ApprovalsFile.Snapshot) -> JSON {
        [
            "path": .string(gateway.approvals.path.text), "exists": .bool(snapshot.exists),
            "hash": .string(snapshot.hash), "file": snapshot.shown,
        ]
    }
}

private let get = Method.awaiting(
    "exec.approvals.get", .scope(.admin), "What agents may run.", NoParameters.schema, answer: snapshot
) { call, _ in
    call.json(try call.gateway.approvals.snapshot())
}

private struct SetParameters {
    var file: JSON
    var baseHash: String?

    static let schema = Schema(
        Field(required: "file", ApprovalsFile.shape, "What is to stand in the file."),
        Field("baseHash", .nonEmptyString, "The `hash` this was made from; needed when there is a file."),
        as: SetParameters.init)
}

private let set = Method.awaiting(
    "exec.approvals.set", .scope(.admin), "Changes what agents may run.", SetParameters.schema, answer: snapshot
) { call, parameters in
    call.json(try call.gateway.approvals.replace(by: parameters.file, baseHash: parameters.baseHash))
}
