import ArgumentParser

/// `mazelclaw devices`: who may come in.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "List the devices that ask to come in and those that may, and decide.",
        subcommands: [
            DevicesListCommand.self, DevicesApproveCommand.self, DevicesRejectCommand.self, DevicesRotateCommand.self,
            DevicesRevokeCommand.self,
        ],
        defaultSubcommand: DevicesListCommand.self)
}
