import ArgumentParser

/// `mazelclaw gateway start`: starts the service, or a gateway in the background.
struct GatewayStartCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start the profile's service; without one, a gateway in the background.")

    func enter(_ context: inout Context) throws { try GatewayService(context, scope: nil).start() }

    func run(in context: Context) async throws -> Int32 { 0 }
}

/// `mazelclaw gateway stop`: stops what `start` started.
struct GatewayStopCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop the profile's service or background gateway, and wait for its end.")

    func enter(_ context: inout Context) throws { try GatewayService(context, scope: nil).stop() }

    func run(in context: Context) async throws -> Int32 { 0 }
}

/// `mazelclaw gateway restart`: stops it, and starts it again.
struct GatewayRestartCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Stop the profile's service or background gateway, and start it again.")

    func enter(_ context: inout Context) throws { try GatewayService(context, scope: nil).restart() }

    func run(in context: Context) async throws -> Int32 { 0 }
}
