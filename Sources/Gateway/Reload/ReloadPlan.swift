public import Configuration
import JSON

/// What a running gateway has to do about a change of its configuration.
public struct ReloadPlan: Equatable, Sendable {
    /// A part of the gateway that starts anew by itself.
    public enum Part: String, Sendable, CaseIterable {
        case hooks, gmailWatcher, browserControl, cron, heartbeat
    }

    /// What becomes of a change.
    enum Effect: Equatable, Sendable {
        /// It counts from the next time it is looked at.
        case none
        /// A part starts anew.
        case hot(Part)
        /// The gateway starts anew.
        case restart
    }

    /// Where something changed.
    public private(set) var changed: [String] = []
    /// The changes for which the gateway must start anew.
    public private(set) var restarting: [String] = []
    /// The changes for which a part must start anew.
    public private(set) var hot: [String] = []
    /// The changes that count without more.
    public private(set) var plain: [String] = []
    /// The parts that must start anew.
    public private(set) var parts: Set<Part> = []
    private var restartingPaths: [[JSON.PathComponent]] = []

    /// The plan for a change of what the configurations `before` and `after` come to: a form that writes the defaults out
    /// changes nothing.
    static func effective(from before: JSON, to after: JSON) -> ReloadPlan {
        ReloadPlan(from: ConfigurationSchema.root.effective(before), to: ConfigurationSchema.root.effective(after))
    }

    /// The plan for a change from `before` to `after`, as they are written.
    init(from before: JSON, to after: JSON) {
        for path in before.changes(to: after) {
            let text = ConfigurationPath.text(path)
            changed.append(text)
            switch Self.effect(of: path) {
            case .none: plain.append(text)
            case .hot(let part):
                hot.append(text)
                parts.insert(part)
            case .restart:
                restarting.append(text)
                restartingPaths.append(path)
            }
        }
    }

    /// Whether the gateway must start anew.
    public var restartsGateway: Bool { !restarting.isEmpty }

    /// What a running gateway makes of a change, as whoever made it is told.
    public static func effect(from before: ConfigurationSnapshot, to after: ConfigurationSnapshot) -> String {
        let plan = ReloadPlan.effective(from: before.resolved ?? [:], to: after.resolved ?? [:])
        let mode =
            after.resolved?["gateway"]?["reload"]?["mode"]?.string.flatMap(ReloadSection.Strategy.init) ?? .hybrid
        // The port is the process's own for as long as it lives.
        let needsProcess = plan.restarting.contains("gateway.port")
        let restarts = mode == .restart || mode == .hybrid && plan.restartsGateway
        if mode == .off || needsProcess || mode == .hot && plan.restartsGateway {
            return "Restart the gateway to apply."
        }
        return restarts ? "A running gateway restarts to apply it." : "A running gateway takes it over."
    }

    /// What `after` says, but for the changes that need a restart, which stay as they were in `before`.
    func withoutRestarting(from before: JSON, to after: JSON) -> JSON {
        restartingPaths.reduce(after) { $0.taking($1, from: before) }
    }

    /// What becomes of a change at `path`.
    private static func effect(of path: [JSON.PathComponent]) -> Effect {
        let names = path.compactMap { component in
            if case .name(let name) = component { name } else { nil }
        }
        return rules.first { names.starts(with: $0.prefix) }?.effect ?? .restart
    }

    /// The first rule whose prefix fits counts. What no rule knows needs a restart.
    private static let rules: [(prefix: [String], effect: Effect)] =
        [
            (["gateway", "remote"], .none), (["gateway", "reload"], .none), (["hooks", "gmail"], .hot(.gmailWatcher)),
            (["hooks"], .hot(.hooks)), (["agents", "defaults", "heartbeat"], .hot(.heartbeat)),
            (["cron"], .hot(.cron)), (["browser"], .hot(.browserControl)),
            // The canvas and every agent's directory hang on it.
            (["agents", "defaults", "workspace"], .restart),
            // The lanes are laid once.
            (["agents", "defaults", "maxConcurrent"], .restart),
            // Who wrote the file is no reason to start anew.
            (["meta"], .none),
        ]
        + [
            "identity", "wizard", "logging", "models", "secrets", "agents", "tools", "bindings", "audio", "agent",
            "routing",
            "messages", "session", "talk", "skills", "ui",
        ].map { ([$0], .none) }
}
