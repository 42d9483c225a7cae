import GatewayProtocol
import Text

/// Which commands may be sent to a node: those its platform is known for, more or fewer as the configuration
/// says, and of these only what the node itself offers.
struct NodeCommands: Sendable {
    /// Why a command may not be sent.
    enum Refusal: String, Sendable {
        case empty = "command required"
        case notAllowed = "command not allowlisted"
        case nothingDeclared = "node did not declare commands"
        case notDeclared = "command not declared by node"
    }

    /// `gateway.nodes.allowCommands`.
    var allowed: [String]
    /// `gateway.nodes.denyCommands`, which count more.
    var denied: [String]

    /// What an operator must be allowed beside `node.invoke` to have `command` carried out: what the gateway's own method
    /// for the same thing needs. Nil for what needs no more. Whatever a node calls its approvals by a longer name is of
    /// the same kind.
    static func scope(of command: String) -> Scope? {
        command.lowercased().hasPrefix("system.execapprovals") ? .admin : nil
    }

    /// Why `command` may not be sent to a node on `platform` that offers `declared`; nil when it may.
    func refusal(of command: String, platform: NodePlatform, declared: [String]) -> Refusal? {
        let command = command.trimmed
        guard !command.isEmpty else { return .empty }
        guard !denied.contains(command), allowed.contains(command) || platform.commands.contains(command) else {
            return .notAllowed
        }
        guard !declared.isEmpty else { return .nothingDeclared }
        return declared.contains(command) ? nil : .notDeclared
    }
}

/// What a node runs on, as far as it says.
enum NodePlatform: Sendable {
    case ios, android, macos, linux, windows, unknown

    /// The platform whose name `platform` begins with, or else `family`.
    init(platform: String, family: String) {
        let known: [(prefixes: [String], platform: NodePlatform)] = [
            (["ios", "ipados", "iphone", "ipad"], .ios), (["android"], .android), (["mac", "darwin"], .macos),
            (["linux"], .linux), (["win"], .windows),
        ]
        for text in [platform.trimmed.lowercased(), family.trimmed.lowercased()] {
            if let match = known.first(where: { $0.prefixes.contains(where: text.hasPrefix) }) {
                self = match.platform
                return
            }
        }
        self = .unknown
    }

    /// The commands such nodes are known for.
    var commands: [String] {
        switch self {
        case .ios: Self.mobile
        case .android: Self.mobile + ["sms.send"]
        case .macos: Self.mobile + Self.system
        case .linux, .windows: Self.system
        // What it can do to its owner is anybody's guess: the configuration must say what it may.
        case .unknown: []
        }
    }

    private static let mobile = [
        "canvas.present", "canvas.hide", "canvas.navigate", "canvas.eval", "canvas.snapshot", "canvas.a2ui.push",
        "canvas.a2ui.pushJSONL", "canvas.a2ui.reset", "camera.list", "camera.snap", "camera.clip", "screen.record",
        "location.get",
    ]
    private static let system = [
        "system.run", "system.which", "system.notify", "system.execApprovals.get", "system.execApprovals.set",
        "browser.proxy",
    ]
}
