/// A key of older versions, and where what it said stands now.
package struct MovedKey: Sendable {
    package let path: String
    let remedy: String
    /// Where it belongs as it is; nil where somebody has to say.
    var destination: [String]?

    /// What is said of a file that has it.
    package var message: String { "\(path) was moved; \(remedy)" }

    /// The moved key at `path`.
    static func named(_ path: String) -> MovedKey? {
        all.first { $0.path == path }
    }

    package static let all =
        [
            MovedKey(path: "identity", remedy: "set agents.list[].identity"),
            MovedKey(
                path: "agent", remedy: "set agents.defaults, and what is an agent's own in agents.list[]",
                destination: ["agents", "defaults"]),
            MovedKey(path: "routing", remedy: "set agents.list[], bindings and messages"),
            MovedKey(
                path: "gateway.token", remedy: "set gateway.auth.token", destination: ["gateway", "auth", "token"]),
            MovedKey(
                path: "gateway.password", remedy: "set gateway.auth.password",
                destination: ["gateway", "auth", "password"]),
            MovedKey(path: "tools.bash", remedy: "set tools.exec", destination: ["tools", "exec"]),
            MovedKey(path: "browser.controlUrl", remedy: "remove it: the control port is the base port + 2"),
            MovedKey(path: "browser.controlPort", remedy: "remove it: the control port is the base port + 2"),
        ]
        + ["telegram", "whatsapp", "discord", "slack", "signal", "imessage", "msteams"].map {
            MovedKey(path: $0, remedy: "set channels.\($0)", destination: ["channels", $0])
        }
}
