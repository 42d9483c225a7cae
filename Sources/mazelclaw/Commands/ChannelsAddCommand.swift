import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy
import Profiles
import Text

/// `mazelclaw channels add`: an account with a messaging service.
struct ChannelsAddCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add an account with a messaging service, or change one.",
        discussion: """
            SERVICE is irc. Passwords are given as ${NAME}, which takes them from a variable or from `env` of the configuration, or \
            as -, which reads one from standard input. Prints what the profile must be granted for the connection.
            """)

    @Argument(help: ArgumentHelp("The service: irc.", valueName: "service"))
    var service: String

    @Option(help: ArgumentHelp("The server's name or address.", valueName: "name"))
    var host: String

    @Option(help: ArgumentHelp("The account's nick.", valueName: "nick"))
    var nick: String

    @Option(help: ArgumentHelp("The server's port; without it 6697, or 6667 with --no-tls.", valueName: "port"))
    var port: UInt16?

    @Flag(help: "Do not encrypt the connection.")
    var noTls = false

    @Option(help: ArgumentHelp("Certificates in PEM that are trusted beside the host's own.", valueName: "path"))
    var caFile: String?

    @Option(
        name: .customLong("join"),
        help: ArgumentHelp(
            "A channel to be in, and to answer in when it is mentioned. May be given several times.",
            valueName: "channel"))
    var joined: [String] = []

    @Option(
        help: ArgumentHelp(
            "Who may write to it alone without asking: an account of the network, or nick!user@host. May be given several times.",
            valueName: "who"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("The server's password.", valueName: "password"))
    var password: String?

    @Option(help: ArgumentHelp("The password of the account with the network (SASL).", valueName: "password"))
    var saslPassword: String?

    @Option(help: ArgumentHelp("The account with the network, where it is not called as the nick.", valueName: "name"))
    var saslAccount: String?

    @Option(help: ArgumentHelp("The account's id here, where there are several.", valueName: "id"))
    var account: String?

    func validate() throws {
        guard service == "irc" else {
            throw ValidationError("This version connects to irc, and not to \"\(service)\".")
        }
        for (name, text) in [("--password", password), ("--sasl-password", saslPassword)] {
            guard let text, text != "-" else { continue }
            guard text.hasPrefix("${"), text.hasSuffix("}") else {
                throw ValidationError("\(name) takes ${NAME} or -: what stands on a command line is seen by others.")
            }
        }
        guard password != "-" || saslPassword != "-" else {
            throw ValidationError("Standard input holds one password: give the other as ${NAME}.")
        }
        guard saslAccount == nil || saslPassword != nil else {
            throw ValidationError("--sasl-account goes with --sasl-password.")
        }
    }

    func run(in context: Context) async throws -> Int32 {
        let store = ConfigurationStore(context.instance)
        let before = try store.snapshot()
        let hasAccounts = before.resolved?["channels"]?["irc"]?["accounts"]?.object.map { !$0.members.isEmpty } ?? false
        guard account != nil || !hasAccounts else {
            throw ServiceError("channels.irc has several accounts; name this one with --account")
        }
        let section = try self.section()
        let id = account.map { IdentifierText.account($0) }
        let patch: JSON = ["channels": ["irc": id.map { ["accounts": [$0: section]] } ?? section]]
        let after = try store.change { $0.mergePatched(by: patch) }
        Output.line("Added irc/\(id ?? "default"). \(ReloadPlan.effect(from: before, to: after))")
        Output.line(Self.grant(to: context, host: host, port: port ?? (noTls ? 6667 : 6697)))
        if allow.isEmpty {
            let list = CommandText.command("pairing list irc", for: context.instance.name)
            Output.line("Who writes to it alone gets a code; see \(list)")
        }
        return 0
    }

    private func section() throws -> JSON {
        var section: JSONObject = ["host": .string(host), "nick": .string(nick)]
        section["port"] = port.map { .integer(Int64($0)) }
        if noTls { section["tls"] = false }
        section["caFile"] = caFile.map(JSON.string)
        section["password"] = try password.map { .string(try Self.secret($0)) }
        if let saslPassword {
            var sasl: JSONObject = ["password": .string(try Self.secret(saslPassword))]
            sasl["account"] = saslAccount.map(JSON.string)
            section["sasl"] = .object(sasl)
        }
        if !allow.isEmpty { section["allowFrom"] = .array(allow.map(JSON.string)) }
        if !joined.isEmpty {
            section["groups"] = .object(JSONObject(joined.map { JSONObject.Member(name: $0, value: [:]) }))
        }
        return .object(section)
    }

    private static func secret(_ text: String) throws -> String {
        text == "-" ? try ConfigSetCommand.standardInput() : text
    }

    /// What the profile must be granted, so that its sandbox lets the connection pass.
    private static func grant(to context: Context, host: String, port: UInt16) -> String {
        let file = context.store.map { "\($0.file(of: context.instance.name))" } ?? "the profile file on the host"
        guard let profile = context.instance.profile else {
            return
                "Its sandbox must let the connection pass: \"connect\": {\"ports\": [\(port)]} in \(file), or with a network of "
                + "its own \"egress\": [\"\(host):\(port)\"]."
        }
        guard let grant = NetworkGrant(profile, host: host, port: port) else {
            return "The profile may connect to \(host):\(port) already."
        }
        return grant.text + (grant.entry.map { " Put \($0) into \(file), and start it anew." } ?? "")
    }
}
