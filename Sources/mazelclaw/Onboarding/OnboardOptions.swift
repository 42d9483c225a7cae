import ArgumentParser
import Configuration
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
            "Who answers: a configured backend or service, a program or a model server that is found, the command line of another "
                + "program, or none.",
            valueName: "name"))
    var backend: String?

    @Option(
        help: ArgumentHelp(
            "A model service answers, at this address: what stands before /chat/completions, /responses or /v1/messages.",
            valueName: "address"))
    var baseURL: String?

    @Option(help: ArgumentHelp("Its model, or that of the server --backend names.", valueName: "id"))
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Its wire format: openai-completions, openai-responses or anthropic-messages.", valueName: "format"))
    var api: String?

    @Option(help: ArgumentHelp("The variable that holds its key.", valueName: "variable"))
    var keyVariable: String?

    @Flag(help: "Let the profile's sandbox connect to the service: add what that takes to the profile file.")
    var grantNetwork = false

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
        if baseURL != nil, backend != nil { throw ValidationError("--base-url and --backend exclude each other.") }
        if baseURL != nil, model == nil { throw ValidationError("--base-url takes --model: which one is to answer.") }
        if keyVariable != nil || api != nil, baseURL == nil {
            throw ValidationError("--api and --key-variable belong to --base-url.")
        }
        if let keyVariable, !VariableName.isValid(keyVariable) {
            throw ValidationError("--key-variable takes a variable's name: capital letters, digits and underscores.")
        }
        if let api, !Self.formats.contains(api) {
            throw ValidationError("--api is \(Self.formats.joined(separator: ", ")), and not \(api).")
        }
        if let baseURL, !ServiceEntry.isAddress(baseURL) {
            throw ValidationError("--base-url takes an address that begins with http:// or https:// and holds no key.")
        }
        if json, !nonInteractive { throw ValidationError("--json takes --non-interactive.") }
        if skipDaemon, installDaemon == true {
            throw ValidationError("--install-daemon and --skip-daemon exclude each other.")
        }
    }

    /// The wire formats that are spoken.
    static let formats = ["openai-completions", "openai-responses", "anthropic-messages"]

    /// The model service that the options name; nil when they name none.
    var namedService: AnswerChoice? {
        guard let baseURL, let model else { return nil }
        return ServiceEntry.choice(baseURL, api: api, key: keyVariable.map { "${\($0)}" }, model: model)
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
