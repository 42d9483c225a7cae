import Configuration
import Gateway
import Policy
import Profiles

/// What `setup`, `onboard`, `import` and `gateway install` have in common: a profile's file is made, and it is said what
/// became of it.
enum ProfileSetup {
    /// Says what became of the configuration and the workspace, and which port there is.
    static func report(_ setup: InstanceSetup, of context: Context) throws {
        let configuration = setup.configuration
        let path = configuration.instance.configurationFile.value
        switch setup.configurationFile {
        case .created: Output.line("Wrote \(path)")
        case .completed: Output.line("Updated \(path)")
        case .unchanged, .leftAlone: Output.line("Config OK: \(path)")
        }
        let workspace = configuration.workspace.value
        if case .leftAlone = setup.workspace {
            Output.line(
                TerminalText.safe(
                    "Workspace: \(workspace), as a configuration says that agents can write: make it yourself"))
        } else {
            Output.line(TerminalText.safe("Workspace OK: \(workspace)"))
        }
        let port = configuration.ports.value.gateway
        Output.line("Port: \(port) (\(configuration.ports.source))")
        if let running = try context.holder.get()?.ports, running.gateway != port {
            Output.line("It runs on port \(running.gateway) now, and moves when it is started anew")
        }
        if let disagreement = configuration.portDisagreement { Output.error("mazelclaw: \(disagreement)") }
        for sentence in SharedBrowsers(context).sentences {
            Output.error(TerminalText.safe("mazelclaw: note: \(sentence)"))
        }
    }

    /// Makes the profile file of `context` in `store`, or gives it another base port, and says so.
    static func makeProfile(for context: inout Context, in store: ProfileStore, basePort: UInt16?) throws {
        try context.adopt(makeProfile(context.instance.name, in: store, basePort: basePort))
    }

    /// Makes the file of profile `name` in `store`, as `complete` has it, or gives the profile another base port, and says
    /// so.
    static func makeProfile(
        _ name: ProfileName, in store: ProfileStore, basePort: UInt16?, _ complete: (inout Profile) -> Void = { _ in }
    ) throws -> Profile {
        var (profile, isNew) = try store.loadOrCreate(name) { profile in
            if let basePort { profile.basePort = basePort }
            complete(&profile)
        }
        if isNew {
            Output.line("Wrote \(store.file(of: name)) (base port \(profile.basePort))")
        } else if let basePort, profile.basePort != basePort {
            let before = profile.basePort
            profile = try store.assign(basePort: basePort, to: name)
            Output.line("Updated \(store.file(of: name)) (base port \(basePort), before \(before))")
        }
        if let ports = PortSet(base: profile.basePort), let claim = store.foreignClaim(on: ports) {
            Output.error("mazelclaw: note: \(claim)")
        }
        if let ports = PortSet(base: profile.basePort, pinned: profile.cdpPorts), profile.network != .none,
            let warning = EphemeralPorts.ofHost.warning(about: ports, of: name)
        {
            Output.error("mazelclaw: note: \(warning)")
        }
        return profile
    }

    /// The base port that `--port` asks for.
    static func basePort(_ port: Int?) throws(ConfigurationError) -> UInt16? {
        guard let port else { return nil }
        guard let value = UInt16(exactly: port), PortSet.validBases.contains(value) else {
            let range = PortSet.validBases
            throw ConfigurationError.argument(
                flag: "--port", value: "\(port)", expected: "a port from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
