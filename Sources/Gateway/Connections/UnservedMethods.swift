import GatewayProtocol

/// Who could call the methods of the protocol that this gateway does not serve.
///
/// They are not in hello-ok. A client that calls one all the same is told that it is unknown, and not that it
/// lacks a scope, which would send its user looking for one.
enum UnservedMethods {
    /// Who could call `name`; a method the protocol does not name is for admins.
    static func access(_ name: String) -> Method.Access {
        if nodes.contains(name) { return .node }
        return scopes.first { $0.names.contains(name) }.map { .scope($0.scope) } ?? .scope(.admin)
    }

    /// Every name the tables hold.
    static let names = nodes + scopes.flatMap(\.names)

    private static let nodes = ["skills.bins"]
    private static let scopes: [(scope: Scope, names: [String])] = [
        (
            .read,
            [
                "skills.status"
            ]
        ),
        (.approvals, ["exec.approval.request", "exec.approval.resolve"]),
    ]
}
