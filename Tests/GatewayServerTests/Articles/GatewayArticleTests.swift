import Configuration
import Foundation
import Gateway
import GatewayServer
import Logging
import Policy
import Storage
import Testing

/// What the article "A gateway within another program" shows, line by line; ArchitectureTests compares the two.
@Suite struct GatewayArticleTests {
    @Test func `an instance is set up and served`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "embedded-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let (logger, port) = (Logger(label: "embedded") { _ in SwiftLogNoOpLogHandler() }, try Port.free())

        let environment = ProcessInfo.processInfo.environment
        let selection = try InstanceSelection(argument: ProfileName("embedded"), environment: environment)
        guard let home = AbsolutePath(directory.path) else { fatalError("a home is an absolute path") }
        let instance = try Instance(selection: selection, profile: nil, home: home, workingDirectory: home)

        let configuration = try InstanceSetup(instance, workspace: nil, port: port).configuration
        try configuration.requireStartable(allowsUnconfigured: false)

        let serving = Task {
            let gateway = try Gateway(configuration: configuration, logger: logger)
            let server = GatewayServer(gateway: gateway, port: configuration.ports.value.gateway, logger: logger)
            try await server.run()
            try gateway.database.close()
        }
        #expect(try await eventually { Port.isListening(port) })
        #expect(try await HTTPAnswer.get(port, "/health").status == 200)
        serving.cancel()
        try await serving.value
    }
}
