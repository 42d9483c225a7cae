import ArgumentParser

/// `mazelclaw gateway watch`: what `start` leaves in the background to watch over the launcher.
struct GatewayWatchCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Start the gateway in its sandbox, and again when it fails.",
        shouldDisplay: false)

    func enter(_ context: inout Context) throws { try GatewayService(context, scope: nil).watch() }

    func run(in context: Context) async throws -> Int32 { 0 }
}
