import Foundation
import JSON
import ModelServices
import Policy
import Testing
import Text

@testable import Configuration
@testable import Gateway

/// Keys of model services that do not stand in the configuration.
@Suite struct KeyTests {
    /// An instance with the service `one`, whose key is `key`, beside what `more` says.
    private func instance(_ key: String, more: String = "") throws -> TestInstance {
        try TestInstance(
            configuration: """
                {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}}, \(more)
                 agents: {defaults: {skipBootstrap: true, model: {primary: "one/small"}},
                          list: [{id: "main"}, {id: "other", workspace: "~/others"}]},
                 models: {providers: {one: {baseUrl: "http://127.0.0.1:9/v1", apiKey: \(key),
                  models: [{id: "small", name: "Small"}]}}}}
                """)
    }

    private func write(_ text: String, to path: AbsolutePath, mode: Int = 0o600) throws {
        try FileManager.default.createDirectory(
            atPath: path.parent.text, withIntermediateDirectories: true)
        try text.write(toFile: path.text, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.text)
    }

    /// The key that a gateway of `instance` would show its service, and what is wrong.
    private func key(_ instance: TestInstance) throws -> (key: String?, fault: String?) {
        let directory = AgentDirectory(instance.configuration, environment: [:], client: TestModels.echoing())
        return (directory.providers.keys.first?.revealed(), directory.faults.first)
    }

    @Test func `a key is read from a file that holds it alone, or from its place in one that holds several`() throws {
        let alone = try instance(#"{source: "file", id: "~/keys/one"}"#)
        try write("key-of-one\n", to: alone.directory / "keys/one")
        #expect(try key(alone).key == "key-of-one")

        let several = try instance(
            #"{source: "file", provider: "keys", id: "/services/a~1b/0/key"}"#,
            more: #"secrets: {providers: {keys: {source: "file", path: "~/keys.json"}}},"#)
        try write(#"{"services": {"a/b": [{"key": "second-key"}]}}"#, to: several.directory / "keys.json")
        #expect(try key(several).key == "second-key")

        let single = try instance(
            #"{source: "file", provider: "keys", id: "value"}"#,
            more: #"secrets: {providers: {keys: {source: "file", path: "~/key", mode: "singleValue"}}},"#)
        try write("third-key", to: single.directory / "key")
        #expect(try key(single).key == "third-key")
    }

    @Test func `a key is taken from a variable by reference, which no program inherits`() throws {
        let instance = try instance(
            #"{source: "env", provider: "default", id: "ONE_KEY"}"#,
            more: #"env: {vars: {ONE_KEY: "key-in-a-variable"}},"#)
        #expect(try key(instance).key == "key-in-a-variable")
        let secrets = instance.configuration.secrets
        #expect(secrets.variables.contains("ONE_KEY"))
        let inherited = ProcessEnvironment.forPrograms(
            ["ONE_KEY": "key-in-a-variable", "ALSO": "key-in-a-variable", "HARMLESS": "value"], isAssigned: false,
            hiding: secrets)
        #expect(inherited == ["HARMLESS": "value"])
    }

    @Test(
        arguments: [
            (#"{source: "file", id: "~/none"}"#, "there is no file"),
            (#"{source: "file", id: "keys/one"}"#, "is no absolute path"),
            (#"{source: "file", id: "~/open"}"#, "give it the mode 0600"),
            (#"{source: "file", id: "~/directory"}"#, "is no regular file"),
            (#"{source: "file", id: "~/empty"}"#, "is empty"),
            (#"{source: "file", id: "~/binary"}"#, "is no text in UTF-8"),
            (#"{source: "file", id: "~/others/key"}"#, "in the workspace of the agent \"other\""),
            (#"{source: "file", id: "~/link"}"#, "in the workspace of the agent \"other\""),
            (#"{source: "file", provider: "none", id: "/x"}"#, "there is no secrets.providers.none"),
            (#"{source: "file", provider: "keys", id: "/x/y"}"#, "there is no text at /x/y"),
            (#"{source: "env", provider: "keys", id: "X"}"#, "is of the source file, not env"),
            (#"{source: "env", id: "NO_SUCH_KEY_HERE"}"#, "the variable NO_SUCH_KEY_HERE is not set"),
            (#"{source: "exec", id: "x"}"#, "runs no programs for keys"),
        ])
    func `a key that cannot be had is told without what was read, and its service is not asked`(
        reference: String, complaint: String
    ) throws {
        let instance = try instance(
            reference, more: #"secrets: {providers: {keys: {source: "file", path: "~/keys.json"}}},"#)
        let home = instance.directory
        for (name, text, mode) in [
            ("open", "key-of-one", 0o640), ("empty", " \n", 0o600), ("others/key", "key-of-one", 0o600),
            ("keys.json", #"{"x": "key-of-one"}"#, 0o600),
        ] { try write(text, to: home / name, mode: mode) }
        try FileManager.default.createDirectory(atPath: (home / "directory").text, withIntermediateDirectories: true)
        try Data([0xFF, 0xFE]).write(to: URL(filePath: (home / "binary").text))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: (home / "binary").text)
        try FileManager.default.createSymbolicLink(
            atPath: (home / "link").text, withDestinationPath: (home / "others/key").text)
        let (key, fault) = try key(instance)
        #expect(key == nil)
        #expect(fault?.hasPrefix("models.providers.one.apiKey cannot be had: ") == true)
        #expect(fault?.contains(complaint) == true, "\(fault ?? "")")
        #expect(fault?.contains("key-of-one") == false)
        let directory = AgentDirectory(instance.configuration, environment: [:], client: TestModels.echoing())
        #expect(directory.models.isEmpty)
    }

    @Test func `a reference is shown, and a key is not`() throws {
        let written: JSON = [
            "models": [
                "providers": [
                    "one": ["apiKey": ["source": "file", "id": "/run/keys/one"]], "two": ["apiKey": "key-of-two"],
                ]
            ]
        ]
        let shown = ConfigurationSchema.root.redacted(written, knowing: .none)
        #expect(shown["models"]?["providers"]?["one"]?["apiKey"] == ["source": "file", "id": "/run/keys/one"])
        #expect(shown["models"]?["providers"]?["two"]?["apiKey"] == "<secret>")
        #expect(ConfigurationSchema.root.secrets(in: written) == ["key-of-two"])
        let issues = ConfigurationValidator.issues(in: [
            "models": ["providers": ["one": ["apiKey": ["source": "file"]]]]
        ])
        #expect(!issues.isEmpty)
    }

    @Test func `a key from a file reaches its service, and no log, answer or program`() async throws {
        let service = try TestService { request in
            request.fields["authorization"] == "Bearer key-from-a-file"
                ? .saying("ready") : .failing("401 Unauthorized", "wrong: \(request.fields["authorization"] ?? "none")")
        }
        defer { service.close() }
        let command = try BuiltCommand()
        let file = "\(command.home)/keys/one"
        let profile = command.profile
        try command.write(
            """
            {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
             "agents": {"list": [{"id": "main", "model": "one/small"}, {"id": "shell", "model": "tool"}],
                        "defaults": {"cliBackends": {"tool": {"command": "/usr/bin/env", "output": "text", "input": "stdin"}}}},
             "models": {"providers": {"one": {"baseUrl": "http://127.0.0.1:\(service.port)/v1",
               "apiKey": {"source": "file", "id": "~/keys/one"}, "models": [{"id": "small", "name": "Small"}]}}}}
            """, to: command.configurationFile)
        try command.write("key-from-a-file\n", to: "keys/one")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        let setup = try await command.run("--profile", profile, "setup", "--port", "\(Port.free())")
        try #require(setup.code == 0, "\(setup.errors)")
        var said: [BuiltCommand.Result] = []
        let down = try await command.run("--profile", profile, "models", "status")
        #expect(down.output.contains("key in the file ~/keys/one (not looked at from here)"))
        let end = try await command.gateway("--profile", profile, "gateway") { _ in
            said.append(try await command.run("--profile", profile, "models", "test"))
            #expect(said[0].code == 0, "\(said[0].errors)")
            said.append(try await command.run("--profile", profile, "models", "status", "--json"))
            let key = try JSON(parsing: Array(said[1].output.utf8))["agents"]?.array?.first?["models"]?.array?.first?[
                "key"]
            #expect(key == ["source": "file", "path": "~/keys/one", "isSet": true])
            said.append(try await command.run("--profile", profile, "chat", "--agent", "shell", "hello"))
            // Another key, which the service refuses and repeats: it stands in no text either.
            try command.write("wrong-key-in-a-file\n", to: "keys/one")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            let set = try await command.run("--profile", profile, "config", "set", "agents.list[0].name", "Main")
            #expect(set.code == 0)
            let isRefused = try await eventually {
                let result = try await command.run("--profile", profile, "models", "test")
                said.append(result)
                return result.code == 1
            }
            #expect(isRefused)
            said.append(try await command.run("--profile", profile, "logs"))
        }
        for result in said + [end] {
            for key in ["key-from-a-file", "wrong-key-in-a-file"] {
                #expect(!result.output.contains(key) && !result.errors.contains(key))
            }
        }
        let log = try command.read(".mazelclaw-\(profile)/logs/gateway.log")
        #expect(!log.contains("key-from-a-file") && !log.contains("wrong-key-in-a-file"))
    }
}
