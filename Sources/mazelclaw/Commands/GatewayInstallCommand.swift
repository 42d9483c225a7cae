import ArgumentParser
import Gateway
import Linux
import Policy
import Profiles

/// `mazelclaw gateway install`: makes a systemd service of the profile's gateway.
struct GatewayInstallCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install, enable and start the profile's gateway as a systemd service, in its sandbox.",
        discussion: """
            The unit is mazelclaw-gateway[-NAME].service; `mazelclaw-run unit` prints it. It is replaced when it is \
            installed again. Settings of your own go into a drop-in (`systemctl edit`), and stay.
            """)

    @OptionGroup var scope: ServiceScopeOptions

    @Option(help: ArgumentHelp("The base port, from the next start on.", valueName: "port"))
    var port: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Have systemd listen on the gateway's port, whether the gateway runs or not. Default: as it is installed."
    )
    var socket: Bool?

    @Flag(help: "Replace a unit of that name that is not from here.")
    var force = false

    @Flag(help: "Do not start it now.")
    var noStart = false

    func enter(_ context: inout Context) throws {
        let service = try GatewayService(context, scope: scope.chosen)
        let requested = try ProfileSetup.basePort(port)
        try service.install(hasSocket: socket, isForced: force, starts: !noStart) { complete in
            try ProfileSetup.makeProfile(service.profile, in: service.store, basePort: requested, complete)
        }
    }

    func run(in context: Context) async throws -> Int32 { 0 }
}

/// `mazelclaw gateway uninstall`: takes the service away.
struct GatewayUninstallCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Stop the profile's service and remove its unit. Drop-ins, files and the profile stay.")

    func enter(_ context: inout Context) throws {
        try GatewayService(context, scope: nil).uninstall()
    }

    func run(in context: Context) async throws -> Int32 { 0 }
}

/// Whose manager a service belongs to.
struct ServiceScopeOptions: ParsableArguments {
    @Flag(
        help: "Install it for the host: started at boot, by root, under a user ID of the profile's own. Root's default."
    )
    var system = false

    @Flag(help: "Install it for your user's own manager. The default of everybody but root.")
    var user = false

    func validate() throws {
        if system, user { throw ValidationError("--system and --user exclude each other.") }
    }

    /// What was asked for; nil for the default.
    var chosen: ServiceUnit.Scope? { system ? .system : user ? .user : nil }
}
