import ArgumentParser

/// `mazelclaw gateway`: runs the gateway, here or as a service.
struct GatewayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "Run the gateway, or have systemd run it.",
        discussion: """
            Without a word behind it, it runs the gateway here, with the options of `gateway run`. `install` makes a \
            systemd service of it that starts in its sandbox; `start`, `stop` and `restart` act on that service, or, \
            where none is installed, on a gateway in the background that is started again when it fails.
            """,
        subcommands: [
            GatewayRunCommand.self, GatewayInstallCommand.self, GatewayUninstallCommand.self, GatewayStartCommand.self,
            GatewayStopCommand.self, GatewayRestartCommand.self, GatewayWatchCommand.self, GatewayTryCommand.self,
            StatusCommand.self, GatewayProbeCommand.self, HealthCommand.self, GatewayCallCommand.self,
        ],
        defaultSubcommand: GatewayRunCommand.self)
}
