import Configuration
import JSON

/// What a rescue may change in another instance's configuration.
///
/// A rescue can be talked into an attack. What decides who reaches the other instance, what it runs and what its secrets
/// are is therefore the administrator's alone; what only keeps it working is put to the administrator; everything else
/// too, with a warning.
enum RepairScope {
    /// How much a change could give to somebody, from nothing to more than any grant covers.
    enum Verdict: Int, Comparable {
        /// It keeps an instance working, and gives nobody more.
        case plain
        /// It may give somebody more: the administrator has to type a word.
        case guarded
        /// It is no grant's to make.
        case refused

        static func < (left: Verdict, right: Verdict) -> Bool { left.rawValue < right.rawValue }
    }

    /// One value that changes.
    struct Change: Equatable {
        /// Where it stands.
        let path: [JSON.PathComponent]
        let verdict: Verdict

        var text: String { ConfigurationPath.text(path) }
    }

    /// Who is let in, where it listens, what it runs, who is sent its keys and conversations, and what is taken from
    /// elsewhere.
    private static let refused = [
        "auth", "approvals", "channels", "commands", "env", "hooks", "models", "plugins", "tools", "update",
        "agents.defaults.cliBackends", "agents.defaults.sandbox", "agents.defaults.tools", "agents.list.sandbox",
        "agents.list.tools", "gateway.auth", "gateway.bind", "gateway.controlUi", "gateway.customBindHost",
        "gateway.http", "gateway.nodes", "gateway.port", "gateway.remote", "gateway.tailscale", "gateway.tls",
        "gateway.trustedProxies", "logging.redactSensitive",
    ].map { $0.split(separator: ".") }

    private static let plain = [
        "agents.defaults.heartbeat.every", "agents.defaults.maxConcurrent", "agents.defaults.model",
        "agents.defaults.timeoutSeconds", "gateway.mode", "gateway.reload", "logging.consoleLevel", "logging.level",
        "meta", "ui",
    ].map { $0.split(separator: ".") }

    /// The paths below which a grant changes nothing, for help.
    static var refusedPaths: [String] { refused.map { $0.joined(separator: ".") } }

    /// The values in which `old` and `new` differ, each by itself. What is a secret in either is known by what
    /// `redactedOld` and `redactedNew`, the same without secrets, show.
    static func changes(
        from old: JSON, to new: JSON, redactedOld: JSON, redactedNew: JSON
    ) -> [Change] {
        var changes: [Change] = []
        collect(old, new, redactedOld, redactedNew, [], &changes)
        return changes
    }

    private static func collect(
        _ old: JSON?, _ new: JSON?, _ shownOld: JSON?, _ shownNew: JSON?, _ path: [JSON.PathComponent],
        _ changes: inout [Change]
    ) {
        if let old, let new, old.isSame(as: new) { return }
        let before = changes.count
        // What is hidden as a whole is a secret as a whole.
        let isSecret = shownOld == ConfigurationSchema.hidden || shownNew == ConfigurationSchema.hidden
        if !isSecret {
            let (oldMembers, newMembers) = (old?.object?.members ?? [], new?.object?.members ?? [])
            let names = oldMembers.map(\.name) + newMembers.map(\.name).filter { old?[$0] == nil }
            for name in names {
                collect(old?[name], new?[name], shownOld?[name], shownNew?[name], path + [.name(name)], &changes)
            }
            for index in 0..<max(old?.array?.count ?? 0, new?.array?.count ?? 0) {
                func element(_ json: JSON?) -> JSON? {
                    json?.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                }
                collect(
                    element(old), element(new), element(shownOld), element(shownNew), path + [.index(index)], &changes)
            }
        }
        // A value, a secret, an empty object or array, or a value in the place of one that was not.
        let isValue = new.map { $0.object == nil && $0.array == nil } ?? false
        if changes.count == before || isValue {
            changes.append(Change(path: path, verdict: verdict(path, old, new, isSecret)))
        }
    }

    private static func verdict(
        _ path: [JSON.PathComponent], _ old: JSON?, _ new: JSON?, _ isSecret: Bool
    ) -> Verdict {
        let names = path.compactMap { component in
            if case .name(let name) = component { name[...] } else { nil }
        }
        if isSecret || names.contains(where: { $0 == Includes.key }) || namesVariable(new) { return .refused }
        // What no gateway knows does nothing but keep one from starting.
        if new == nil, ConfigurationSchema.root.descendant(path) == nil { return .plain }
        // Also what stands above a path, when it changes as a whole.
        if refused.contains(where: { names.starts(with: $0) || $0.starts(with: names) }) { return .refused }
        return plain.contains { names.starts(with: $0) } ? .plain : .guarded
    }

    /// Whether `json` would take something from the instance's environment.
    private static func namesVariable(_ json: JSON?) -> Bool {
        json?.string.map { $0.utf8.firstRange(of: "${".utf8) != nil } ?? false
    }
}
