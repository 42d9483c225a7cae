import Foundation
import JSON
import Testing

/// `models`, `agents` and `usage`.
@Suite struct ModelsCommandTests {
    private func json(_ result: BuiltCommand.Result) throws -> JSON { try JSON(parsing: Array(result.output.utf8)) }

    /// The service `one` at `port`, with a model that costs something.
    private func one(_ port: UInt16, key: String = #""key-of-one""#) -> String {
        """
        "one": {"baseUrl": "http://127.0.0.1:\(port)/v1", "apiKey": \(key), "models": [
          {"id": "small", "name": "Small", "cost": {"input": 3, "output": 15, "cacheRead": 0, "cacheWrite": 0}},
          {"id": "large", "name": "Large"}]}
        """
    }

    // MARK: models set

    @Test func `a model is chosen without losing a comment, and a running gateway takes it over`() async throws {
        let command = try await BuiltCommand.withModels(one(9), more: #""bindings": [],"#)
        let profile = command.profile
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            let set = try await command.run("--profile", profile, "models", "set", "one/large")
            #expect(set.code == 0, "\(set.errors)")
            #expect(set.output == "Agents answer with one/large now. A running gateway takes it over.\n")
            let isTakenOver = try await eventually {
                let status = try await command.run("--profile", profile, "models", "status", "--json")
                return try json(status)["agents"]?.array?.first?["models"]?.array?.first?["model"] == "one/large"
            }
            #expect(isTakenOver)
        }
        let text = try command.read(command.configurationFile)
        #expect(text.contains("// The gateway of a test."))
        let kept = try await command.run("--profile", profile, "config", "get", "agents.defaults.model.primary")
        #expect(kept.output == "one/large\n")
    }

    @Test func `a model that the profile does not have is not chosen`() async throws {
        let command = try await BuiltCommand.withModels(one(9))
        let before = try command.read(command.configurationFile)
        let set = try await command.run("--profile", command.profile, "models", "set", "two/small")
        #expect(set.code == 1)
        #expect(
            set.errors.contains("\"two/small\" is none of the models of this profile (one/small, one/large, operator)"))
        #expect(set.errors.contains("models.providers"))
        #expect(try command.read(command.configurationFile) == before)
    }

    // MARK: usage

    @Test func `what answers took and cost is told by day, and adds up`() async throws {
        let service = try TestService { _ in .saying("ready", read: 1000, written: 100) }
        defer { service.close() }
        let command = try await BuiltCommand.withModels(one(service.port))
        let profile = command.profile
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            let none = try await command.run("--profile", profile, "usage")
            #expect(none.output == "No answer of the last 30 days told what it took.\n")
            for word in ["first", "second"] {
                let said = try await command.run("--profile", profile, "chat", word)
                #expect(said.output == "ready\n", "\(said.errors)")
            }
            let usage = try await command.run("--profile", profile, "usage", "--days", "2")
            #expect(usage.code == 0)
            let lines = usage.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(lines.first == ["day", "read", "from", "cache", "written", "cost"])
            #expect(lines.last == ["together", "2000", "0", "200", "$0.0090"])
            let report = try await json(command.run("--profile", profile, "usage", "--json"))
            #expect(report["totals"]?["totalTokens"] == 2200)
            #expect(report["totals"]?["missingCostEntries"] == 0)
            let days = report["daily"]?.array ?? []
            #expect(days.reduce(0) { $0 + ($1["input"]?.integer ?? 0) } == 2000)
        }
        for count in ["0", "367"] {
            #expect(try await command.run("--profile", profile, "usage", "--days", count).code == 2)
        }
    }

    // MARK: models status

    @Test func `each agent's models are told with their services, and where the keys come from`() async throws {
        let two =
            #""two": {"baseUrl": "https://two.example", "api": "anthropic-messages", "apiKey": "${TWO_KEY}", "models": [{"id": "m", "name": "M"}]}"#
        let three = #""three": {"baseUrl": "http://127.0.0.1:11434/v1", "models": [{"id": "m", "name": "M"}]}"#
        let command = try await BuiltCommand.withModels(
            "\(one(9)), \(two), \(three)",
            model: #"{"primary": "one/small", "fallbacks": ["two/m", "three/m", "one/none", "four/m", "operator"]}"#,
            more: #""env": {"vars": {"TWO_KEY": "key-of-two"}},"#)
        let profile = command.profile
        let arguments = ["--profile", profile, "models", "status"]
        let down = try await command.run(arguments)
        #expect(down.code == 0)
        #expect(down.errors.contains("no gateway answers on 127.0.0.1"))
        #expect(down.errors.contains("this is what the configuration says"))
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            let up = try await command.run(arguments)
            #expect(up.errors == "")
            #expect(up.output == down.output)
            for line in [
                "main  answered by  one/small  http://127.0.0.1:9/v1, key in the configuration",
                "then by      two/m      https://two.example, key from the variable TWO_KEY",
                "then by      three/m    http://127.0.0.1:11434/v1, no key",
                "one/none   http://127.0.0.1:9/v1, key in the configuration, cannot be asked: models.providers.one.models does not list it",
                "four/m     cannot be asked: \"four\" is neither",
                "then by      operator   the built-in operator",
            ] {
                #expect(up.output.contains(line), "\(up.output)")
            }
            let report = try await command.run(arguments + ["--json"])
            #expect(try json(report)["isRunning"] == true)
            let models = try json(report)["agents"]?.array?.first?["models"]?.array ?? []
            #expect(models.count == 6)
            #expect(models[1]["key"] == ["source": "variable", "variables": ["TWO_KEY"], "isSet": true])
            for result in [down, up, report] { #expect(!result.output.contains("key-of")) }
        }
    }

    @Test func `a variable that holds a key and is not set is told where no gateway runs`() async throws {
        let command = try await BuiltCommand.withModels(one(9))
        try command.write(
            command.read(command.configurationFile).replacing("\"key-of-one\"", with: "\"${ONE_KEY}\""),
            to: command.configurationFile)
        let arguments = ["--profile", command.profile, "models", "status"]
        let unset = try await command.run(arguments)
        #expect(unset.output.contains("key from the variable ONE_KEY (not set here)"), "\(unset.errors)")
        let set = try await command.run(arguments, environment: ["ONE_KEY": "key-of-one"])
        #expect(set.output.contains("key from the variable ONE_KEY\n"))
        #expect(!set.output.contains("key-of-one"))
    }

    // MARK: models test

    @Test func `a model that answers is told with its time, tokens and cost, and one that fails with what to do`()
        async throws
    {
        let service = try TestService { request in
            guard request.fields["authorization"] == "Bearer key-of-one" else {
                return .failing("401 Unauthorized", "no such key: \(request.fields["authorization"] ?? "none")")
            }
            return request.json["model"] == "large"
                ? .failing("404 Not Found", "there is no large") : .saying("ready", read: 1000, written: 100)
        }
        defer { service.close() }
        let refused = one(service.port, key: #""wrong-key-0""#).replacing("\"one\"", with: "\"other\"")
        let gone = one(9).replacing("\"one\"", with: "\"gone\"")
        let command = try await BuiltCommand.withModels("\(one(service.port)), \(refused), \(gone)")
        let arguments = ["--profile", command.profile, "models", "test"]
        let down = try await command.run(arguments)
        #expect(down.code == 1)
        #expect(down.errors.contains("no gateway answers"))
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
            let good = try await command.run(arguments)
            #expect(good.code == 0, "\(good.errors)")
            let lines = good.output.split(separator: "\n").map(String.init)
            #expect(lines.first?.hasPrefix("one/small answered after ") == true)
            #expect(lines.first?.hasSuffix(" s: ready") == true)
            #expect(lines.dropFirst() == ["tokens: 1000 read, 100 written", "cost: $0.0045"])
            #expect(service.requests.count == 1)
            #expect(service.requests[0].json["tools"] == nil)

            let report = try await json(command.run(arguments + ["one/small", "--json"]))
            #expect(report["usage"]?["totalTokens"] == 1100)

            let unknown = try await command.run(arguments + ["one/large"])
            #expect(unknown.code == 1)
            #expect(unknown.errors.contains("the model \"one/large\" gave no answer: the service knows no such model"))
            #expect(unknown.errors.contains("; check models.providers.one.baseUrl"))
            let wrong = try await command.run(arguments + ["other/small"])
            #expect(wrong.code == 1)
            #expect(wrong.errors.contains("does not accept the key (HTTP status 401): no such key: Bearer <secret>"))
            #expect(wrong.errors.contains("set models.providers.other.apiKey"))
            let before = service.requests.count
            let unreachable = try await command.run(arguments + ["gone/small"])
            #expect(unreachable.code == 1)
            #expect(unreachable.errors.contains("nobody answers at http://127.0.0.1:9: connection refused; check"))
            #expect(service.requests.count == before)
            let none = try await command.run(arguments + ["operator"])
            #expect(none.errors.contains("there is no model to test"))
            // What failed rests.
            let status = try await command.run("--profile", command.profile, "models", "status", "--json")
            #expect(try json(status)["agents"]?.array?.first?["models"]?.array?.first?["restingUntilMs"] == nil)
        }
        #expect(try await command.run(arguments + ["--timeout", "0"]).code == 2)
    }

    @Test func `a model that failed rests, and its status says until when`() async throws {
        let service = try TestService { _ in .failing("401 Unauthorized", "no") }
        defer { service.close() }
        let command = try await BuiltCommand.withModels(one(service.port))
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
            #expect(try await command.run("--profile", command.profile, "models", "test").code == 1)
            let status = try await command.run("--profile", command.profile, "models", "status")
            #expect(status.output.contains("failed a short while ago, and is asked after others until 20"))
        }
    }

    // MARK: agents

    @Test func `an agent is added beside the one that nobody listed, answers, and is removed again`() async throws {
        let service = try TestService { .saying("\($0.json["model"]?.string ?? "") here") }
        defer { service.close() }
        let command = try await BuiltCommand.withModels(one(service.port))
        let (profile, agents) = (command.profile, ["--profile", command.profile, "agents"])
        _ = try await command.gateway("--profile", profile, "gateway") { _ in
            let added = try await command.run(agents + ["add", "work", "--name", "Worker", "--model", "one/large"])
            #expect(added.code == 0, "\(added.errors)")
            #expect(added.output == "Added the agent \"work\". A running gateway takes it over.\n")
            let isThere = try await eventually {
                try await command.run(agents).output == "main  answers when none is named\nwork  Worker\n"
            }
            #expect(isThere)
            let said = try await command.run("--profile", profile, "chat", "--agent", "work", "hello")
            #expect(said.output == "large here\n", "\(said.errors)")
            #expect(try await command.run("--profile", profile, "chat", "hello").output == "small here\n")

            let again = try await command.run(agents + ["add", "work"])
            #expect(again.code == 1)
            #expect(again.errors.contains("there is an agent \"work\" already"))
            let removed = try await command.run(agents + ["remove", "work"])
            #expect(removed.code == 0, "\(removed.errors)")
            let workspace = "\(command.home)/.mazelclaw-\(profile)/workspace-\(profile)/agents/work"
            #expect(removed.output.contains("Its workspace stays: \(workspace)\n"))
            #expect(FileManager.default.fileExists(atPath: workspace))
            let isGone = try await eventually {
                try await command.run(agents).output == "main  answers when none is named\n"
            }
            #expect(isGone)
            let sessions = try await command.run("--profile", profile, "sessions", "list", "--agent", "work")
            #expect(sessions.output.contains("agent:work:main"))
        }
        #expect(try command.read(command.configurationFile).contains("// The gateway of a test."))
    }

    @Test func `an agent that is needed is not removed, nor one that cannot be made added`() async throws {
        let command = try await BuiltCommand.withModels(
            one(9), more: #""bindings": [{"agentId": "bound", "match": {"channel": "irc"}}],"#)
        let agents = ["--profile", command.profile, "agents"]
        for id in ["bound", "free"] { #expect(try await command.run(agents + ["add", id]).code == 0) }
        let before = try command.read(command.configurationFile)
        for (words, complaint) in [
            (["remove", "bound"], "is bound: bindings[0] has it answer"),
            (["remove", "main"], "answers when none is named"),
            (["remove", "nobody"], "there is no agent \"nobody\"; there are \"main\", \"bound\", \"free\""),
            (["add", "Bad id"], "cannot be an agent's id"), (["add", "../x"], "cannot be an agent's id"),
            (["add", "main"], "there is an agent \"main\" already"),
            (["add", "new", "--model", "none/such"], "is none of the models of this profile"),
        ] {
            let result = try await command.run(agents + words)
            #expect(result.code != 0)
            #expect(result.errors.contains(complaint), "\(words): \(result.errors)")
        }
        #expect(try command.read(command.configurationFile) == before)
        // Who answers by default can change, and then the other goes.
        #expect(try await command.run(agents + ["add", "chief", "--default"]).code == 0)
        let removed = try await command.run(agents + ["remove", "main"])
        #expect(removed.code == 0, "\(removed.errors)")
        let list = try await command.run("--profile", command.profile, "config", "get", "agents.list", "--json")
        let ids = try json(list).array?.map { $0["id"]?.string } ?? []
        #expect(ids == ["bound", "free", "chief"])
        #expect(try json(list).array?.last?["default"] == true)
    }

    @Test func `an agent that stands in an included file is changed there`() async throws {
        let command = try await BuiltCommand.withModels(one(9))
        let name = command.configurationFile
        try command.write(
            #"[{"id": "main", "default": true}, {"id": "other"}]"#, to: ".mazelclaw-\(command.profile)/list.json")
        let text = try command.read(name).replacing(
            "\"agents\": {", with: "\"agents\": {\"list\": {\"$include\": \"./list.json\"}, ")
        try command.write(text, to: name)
        for words in [["add", "new"], ["remove", "other"]] {
            let result = try await command.run(["--profile", command.profile, "agents"] + words)
            #expect(result.code == 1)
            #expect(
                result.errors.contains("agents.list stands in an included file; change it there"), "\(result.errors)")
        }
        #expect(try command.read(name) == text)
    }
}
