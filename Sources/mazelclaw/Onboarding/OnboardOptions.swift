import ArgumentParser
import Gateway
import JSON
import Policy

/// What may be said on the command line of `onboard`, in place of an answer.
struct OnboardOptions: ParsableArguments {
    @Flag(help: "Ask nothing: what no option says stays as it is, or is as proposed. Takes --accept-risk.")
    var nonInteractive = false

    @Flag(help: "You know what an agent can be talked into: leave the security note out.")
    var acceptRisk = false

    @Option(
        name: [.customLong("port"), .customLong("gateway-port")],
        help: ArgumentHelp("The base port, from the next start on.", valueName: "port"))
    var port: Int?

    @Option(help: ArgumentHelp("The workspace, when the configuration names none yet.", valueName: "directory"))
    var workspace: String?

    @Option(
        help: ArgumentHelp(
            "Who answers: a configured backend, a program that is found, the command line of another, or none.",
            valueName: "name"))
    var backend: String?

    @Flag(inversion: .prefixedNo, help: "Install the service of your user's manager.")
    var installDaemon: Bool?

    @Flag(help: "The same as --no-install-daemon.")
    var skipDaemon = false

    @Option(help: ArgumentHelp("token: what clients must have.", valueName: "mode"))
    var gatewayAuth: String?

    @Option(
        help: ArgumentHelp("That token. Visible to every process; without it one is made.", valueName: "token"))
    var gatewayToken: String?

    @Option(help: ArgumentHelp("local: this version serves no other.", valueName: "mode"))
    var mode: String?

    @Option(help: ArgumentHelp("loopback: \"bind\" in the profile file says more.", valueName: "address"))
    var gatewayBind: String?

    @Flag(help: .hidden) var skipChannels = false
    @Flag(help: .hidden) var skipSkills = false
    @Flag(help: .hidden) var skipUi = false
    @Flag(help: .hidden) var skipHealth = false

    @Flag(help: "Print JSON, and nothing else, to standard output. Takes --non-interactive.")
    var json = false

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var unserved: [String] = []

    func validate() throws {
        if let word = unserved.first { throw ValidationError(Self.text(ofUnserved: word)) }
        if let mode, mode != "local" {
            throw ValidationError("--mode \(mode) is not served by this version: local is.")
        }
        if let gatewayBind, gatewayBind != "loopback" {
            throw ValidationError(
                "--gateway-bind \(gatewayBind) is not served: \"bind\" in the profile file decides which addresses may be "
                    + "bound, and the gateway serves loopback.")
        }
        if let gatewayAuth, gatewayAuth != "token" {
            throw ValidationError(
                "--gateway-auth \(gatewayAuth) is not served: commands show a token. `config set` puts a password in its place."
            )
        }
        if nonInteractive, !acceptRisk {
            throw ValidationError(
                "--non-interactive takes --accept-risk: an agent reads what strangers write, and can be talked into using "
                    + "whatever its sandbox lets it see.")
        }
        if json, !nonInteractive { throw ValidationError("--json takes --non-interactive.") }
        if skipDaemon, installDaemon == true {
            throw ValidationError("--install-daemon and --skip-daemon exclude each other.")
        }
    }

    /// Whether a service is wanted; nil when nothing was said.
    var wantsService: Bool? { skipDaemon ? false : installDaemon }

    /// What the options put into the configuration.
    var settings: [InstanceSetup.Setting] {
        guard let gatewayToken else { return [] }
        let auth = ["gateway", "auth"]
        return [
            InstanceSetup.Setting(auth + ["mode"], "token"),
            InstanceSetup.Setting(auth + ["token"], .string(gatewayToken)),
        ]
    }

    /// Options of the original's that are refused by name: to take them and do nothing would be a lie.
    private static let unservedOptions: Set = [
        "--reset", "--flow", "--auth-choice", "--remote-url", "--remote-token", "--tailscale",
        "--tailscale-reset-on-exit", "--gateway-password", "--daemon-runtime", "--node-manager", "--wizard",
    ]

    private static func text(ofUnserved word: String) -> String {
        let name = String(word.prefix { $0 != "=" })
        if unservedOptions.contains(name) || name.hasSuffix("-api-key") || name.hasPrefix("--token") {
            return "\(name) is not served by this version."
        }
        return name.hasPrefix("-") ? "Unknown option '\(name)'" : "Unexpected argument '\(word)'"
    }
}
