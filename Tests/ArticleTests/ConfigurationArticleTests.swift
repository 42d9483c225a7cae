import Configuration
import Files
import Foundation
import JSON
import Policy
import Testing

/// What the article "Read a configuration and change it" shows, line by line; ArchitectureTests compares the two.
@Suite struct ConfigurationArticleTests {
    @Test func `a configuration is changed, and tells where its values came from`() throws {
        var lines: [String] = []
        func print(_ line: String) { lines.append(line) }
        let home = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(atPath: home.text) }

        let selection = try InstanceSelection(argument: ProfileName("work"), environment: ["HOME": home.text])
        let instance = try Instance(selection: selection, profile: nil, home: home, workingDirectory: home)
        print("\(instance.configurationFile.value)")
        let file = instance.configurationFile.value
        #expect(lines == [file.text])
        try DurableFile.makeDirectory(file.parent)
        try DurableFile.write(Array("{\n  // mine\n  gateway: { port: 19000 },\n}\n".utf8), to: file)

        let store = ConfigurationStore(instance)
        try store.set(ConfigurationPath("gateway.port"), to: 19100)
        let snapshot = try store.set(ConfigurationPath("gateway.auth.mode"), to: "token", base: .any)
        #expect(snapshot.isValid)
        #expect(String(decoding: try #require(snapshot.text), as: UTF8.self).contains("// mine"))

        do {
            try store.set(ConfigurationPath("gateway.port"), to: "high")
        } catch {
            print("\(error)")
        }
        #expect(lines.count == 2)
        #expect(lines.last?.contains("gateway.port") == true)
        #expect(try store.snapshot().hash == snapshot.hash)

        let configuration = try GatewayConfiguration(instance: instance, file: ConfigurationFile.load(for: instance))
        let ports = configuration.ports
        print("\(ports.value.gateway), from \(ports.source)")
        #expect(ports.value.gateway == 19100)
        #expect(ports.source == .file(key: "gateway.port", path: file))
    }
}
