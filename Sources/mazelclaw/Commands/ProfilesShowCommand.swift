import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy
import Profiles

/// `mazelclaw profiles show`: one profile.
struct ProfilesShowCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a profile: its file, its directories and its ports.")

    @Argument(help: ArgumentHelp("The profile, instead of the one this command is about.", valueName: "name"))
    var profile: ProfileNameArgument?

    @Flag(help: "Print JSON.")
    var json = false

    func enter(_ context: inout Context) throws {
        let context = try profile.map { try Context(profile: $0.name) } ?? context
        let store = try ProfilesCommand.store(context)
        try ProfilesCommand.requireExistence(true, of: context)
        guard let profile = context.instance.profile else { return }
        let ports = try PortPlan(others: store.others(than: profile.name)).ports(of: profile)
        let home = context.instance.home
        let paths = ProfilePaths(profile: profile, home: home)
        let shown: JSON = [
            "name": .string(profile.name.text), "file": .string(store.file(of: profile.name).text),
            "profile": profile.file, "stateDir": .string(paths.state.text), "workspace": .string(paths.workspace.text),
            "controlPort": .integer(Int64(ports.control)),
            "cdpPorts": [.integer(Int64(ports.cdp.lowerBound)), .integer(Int64(ports.cdp.upperBound))],
            "pid": try context.holder.get()?.pid.map { .integer(Int64($0)) } ?? .null,
        ]
        guard !json else { return Output.line(shown.text(pretty: true)) }
        Output.line("\(store.file(of: profile.name)):\n\(profile.file.text(pretty: true))")
        Output.line("State      \(paths.state)\nWorkspace  \(paths.workspace)")
        Output.line("Ports      \(ports.base), \(ports.control) and \(ports.cdp.lowerBound) to \(ports.cdp.upperBound)")
        Output.line("Process    \(try context.holder.get().map { "\($0)" } ?? "none")")
    }

    func run(in context: Context) async throws -> Int32 { 0 }
}
