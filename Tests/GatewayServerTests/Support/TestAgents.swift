import Foundation
import Policy

@testable import Configuration
@testable import Gateway
@testable import Time

extension TestInstance {
    /// Agents that answer by a program each: `main`, and those in `others`. A shell script; its message is `$1`.
    func agents(
        _ script: String, others: [String: String] = [:], bindings: [Binding] = [],
        time: TimeSpan = TimeSpan(60, .seconds)
    ) throws -> AgentDirectory {
        var backends: [String: CLIBackend] = [:]
        var all: [Agent] = []
        for (id, script) in [("main", script)] + others.sorted(by: { $0.key < $1.key }) {
            let path = (directory / "program-\(id)").text
            try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            var section = CLIBackendSection()
            section.command = path
            section.output = .text
            section.serialize = false
            backends[id] = CLIBackend(id: id, section, environment: ["PATH": "/usr/bin:/bin", "DIR": directory.text])
            let workspace = configuration.workspace.value
            all.append(
                Agent(
                    id: id, workspace: id == "main" ? workspace : workspace / "agents/\(id)", models: [ModelName(id)]))
        }
        return AgentDirectory(
            all: all, defaultID: "main", time: time, backends: backends, bootstrap: BootstrapSettings(),
            bindings: bindings)
    }

    /// Whether what is at `path` goes away within a minute.
    func disappears(_ path: String) async throws -> Bool {
        for _ in 0..<6000 {
            if !FileManager.default.fileExists(atPath: path) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    func touch(_ name: String) throws {
        try "".write(toFile: (directory / name).text, atomically: true, encoding: .utf8)
    }
}
