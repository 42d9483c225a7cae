import Configuration
import Gateway
import JSON
import Policy

/// Who could answer for a profile's agent.
struct AnswerChoice: Equatable {
    /// What `--backend` calls it.
    let name: String
    /// What a list says of it.
    let title: String
    /// The model, as the configuration names it: `provider/model`.
    let model: String
    /// The backend that provides it, as `agents.defaults.cliBackends` has it; nil for a model service and the gateway itself.
    let backend: JSON?
    /// The service that provides it, as `models.providers` has it; nil for a program and the gateway itself.
    var service: JSON?
    /// The models that the service is known to offer.
    var offered: [String] = []
    /// Whether the configuration has the backend already. How it is written there stays: it may take secrets from variables.
    var isConfigured = false
    /// Whether it answers already.
    var isCurrent = false

    /// The gateway's own commands, and no program.
    static let none = AnswerChoice(
        name: "none", title: "nobody yet: only the gateway's own commands, such as /help and /status",
        model: "operator", backend: nil)

    /// Everything that makes it answer.
    var settings: [InstanceSetup.Setting] {
        let provider = String(model.prefix { $0 != "/" })
        let backend = backend.map { InstanceSetup.Setting(Self.defaults + ["cliBackends", provider], $0) }
        let service = service.map { InstanceSetup.Setting(["models", "providers", provider], $0) }
        return [backend, service].compactMap(\.self) + [modelSetting]
    }

    /// What of it the configuration does not say yet.
    var changes: [InstanceSetup.Setting] { isCurrent ? [] : isConfigured ? [modelSetting] : settings }

    private var modelSetting: InstanceSetup.Setting {
        InstanceSetup.Setting(Self.defaults + ["model", "primary"], .string(model))
    }

    private static let defaults = ["agents", "defaults"]

    /// What it is asked, to see that it answers.
    var question: String { isNobody ? "/status" : "Please answer with one word: ready" }

    /// Whether the gateway itself is meant.
    var isNobody: Bool { backend == nil && service == nil }

    /// A model of a service at `baseURL`, called `name` in the configuration. `key` stands there as it is given; nil for a
    /// service that asks for none.
    static func service(
        _ name: String, title: String, baseURL: String, api: String? = nil, key: String? = nil, model: String,
        offered: [String] = []
    ) -> AnswerChoice {
        var service: JSONObject = ["baseUrl": .string(baseURL)]
        service["apiKey"] = key.map(JSON.string)
        service["api"] = api.map(JSON.string)
        service["models"] = [["id": .string(model), "name": .string(model)]]
        return AnswerChoice(
            name: name, title: title, model: "\(name)/\(model)", backend: nil, service: .object(service),
            offered: offered)
    }

    /// The same with another model of its service.
    func choosing(_ other: String) -> AnswerChoice {
        guard var object = service?.object else { return self }
        object["models"] = [["id": .string(other), "name": .string(other)]]
        return AnswerChoice(
            name: name, title: title, model: "\(name)/\(other)", backend: nil, service: .object(object),
            offered: offered)
    }

    /// Host and port of its service; nil for what is none.
    var address: (host: String, port: UInt16)? {
        guard let text = service?["baseUrl"]?.string else { return nil }
        let isEncrypted = text.lowercased().hasPrefix("https://")
        let rest = text.dropFirst(isEncrypted ? "https://".count : "http://".count)
        let authority = rest.prefix { $0 != "/" }
        let usual: UInt16 = isEncrypted ? 443 : 80
        if authority.hasPrefix("[") {
            let host = authority.prefix { $0 != "]" } + "]"
            let port = authority.dropFirst(host.count).dropFirst()
            return (String(host), UInt16(port) ?? usual)
        }
        let parts = authority.split(separator: ":", maxSplits: 1)
        return (parts.first.map(String.init) ?? "", parts.count > 1 ? UInt16(parts[1]) ?? usual : usual)
    }
}

/// Those who could answer, the proposed one first, and the gateway's own commands last.
struct AnswerChoices {
    let all: [AnswerChoice]
    /// The programs that were found where no sandbox shows them.
    let hidden: [String]
    private let search: ProgramSearch
    private let backends: [String: JSON]
    /// The default agent, when it has a model of its own: then nothing else counts for it.
    private let boundAgent: String?

    /// The choices of `configuration`: what is configured, the known programs that `search` finds, and `servers`.
    init(_ configuration: GatewayConfiguration, _ search: ProgramSearch, servers: [LocalServer] = []) {
        self.search = search
        let agents = configuration.agents
        let agent = agents.all.first { $0.id == agents.defaultID }
        let own = agent?.model?.primary
        boundAgent = own == nil ? nil : agents.defaultID
        let current = own ?? agents.defaults.model.primary
        let root = configuration.file?.root["agents"]?["defaults"]?["cliBackends"]?.object
        var backends: [String: JSON] = [:]
        for name in agents.defaults.cliBackends.keys { backends[name] = root?[name] }
        self.backends = backends
        var choices: [AnswerChoice] = []
        var hidden: [String] = []
        for (name, backend) in backends.sorted(by: { $0.key < $1.key }) {
            choices.append(Self.configured(name, backend, current: current))
        }
        for program in KnownProgram.all where backends[program.name] == nil {
            guard let path = search.find(program.name) else { continue }
            if search.isShown(path) {
                choices.append(
                    AnswerChoice(
                        name: program.name, title: "\(program.name) (\(path))", model: program.name,
                        backend: program.backend(at: path.text)))
            } else {
                hidden.append(path.text)
            }
        }
        let services = configuration.content.models.providers
        let written = configuration.file?.root["models"]?["providers"]
        for (id, provider) in services.sorted(by: { $0.key < $1.key }) {
            guard let first = provider.models.first?.id, let service = written?[id] else { continue }
            let isCurrent = current.map { ModelName($0).provider == id } ?? false
            choices.append(
                AnswerChoice(
                    name: id, title: "\(id) (\(provider.baseURL)), as configured\(isCurrent ? " now" : "")",
                    model: isCurrent ? current ?? "\(id)/\(first)" : "\(id)/\(first)", backend: nil, service: service,
                    isConfigured: true, isCurrent: isCurrent))
        }
        for server in servers where services[server.name] == nil {
            guard let first = server.models.first else { continue }
            choices.append(
                .service(
                    server.name, title: "\(server.title) on port \(server.port) of this host", baseURL: server.baseURL,
                    model: first, offered: server.models))
        }
        var none = AnswerChoice.none
        none.isCurrent = current == none.model
        choices.append(none)
        let first = choices.firstIndex(where: \.isCurrent)
        all = first.map { [choices[$0]] + choices[..<$0] + choices[($0 + 1)...] } ?? choices
        self.hidden = hidden
    }

    /// A backend that is configured, with the model that is used of it.
    private static func configured(_ name: String, _ backend: JSON, current: String?) -> AnswerChoice {
        let isCurrent = current.map { $0 == name || $0.hasPrefix("\(name)/") } ?? false
        let command = backend["command"]?.string ?? ""
        return AnswerChoice(
            name: name, title: "\(name) (\(command)), as configured\(isCurrent ? " now" : "")",
            model: isCurrent ? current ?? name : name, backend: backend, isConfigured: true,
            isCurrent: isCurrent)
    }

    /// The one that `text` means: its place in the list, its name, or the command line of another program.
    ///
    /// Throws `ServiceError` when it means none, or one that cannot be chosen.
    func choice(for text: String) throws(ServiceError) -> AnswerChoice {
        let choice = try meant(by: text)
        guard let boundAgent, !choice.isCurrent else { return choice }
        throw ServiceError(
            "agent \"\(boundAgent)\" has a model of its own in the configuration, and that counts: change it there (agents.list) "
                + "first")
    }

    private func meant(by text: String) throws(ServiceError) -> AnswerChoice {
        if let number = Int(text), all.indices.contains(number - 1) { return all[number - 1] }
        if let choice = all.first(where: { $0.name == text }) { return choice }
        let words = text.split(separator: " ").map(String.init)
        guard let program = words.first else { throw ServiceError("nobody was chosen") }
        guard let path = program.contains("/") ? AbsolutePath(program) : search.find(program),
            ProgramSearch.isProgram(path)
        else {
            let names = all.map(\.name).joined(separator: ", ")
            throw ServiceError(
                "\"\(program)\" is none of \(names), no program that can be executed, and no address of a service, as in "
                    + "https://api.example.com/v1")
        }
        guard search.isShown(path) else { throw ServiceError(Self.hiddenText(path.text)) }
        let name = Self.identifier(path.lastComponent)
        guard backends[name] == nil else {
            throw ServiceError(
                "the configuration has another backend called \"\(name)\"; choose that, or change it there")
        }
        return AnswerChoice(
            name: name, title: text, model: name,
            backend: [
                "command": .string(path.text), "args": .array(words.dropFirst().map(JSON.string)), "output": "text",
            ])
    }

    /// What to do about a program at `path` that no sandbox shows.
    static func hiddenText(_ path: String) -> String {
        "\(path) is out of the sandbox's sight: install it below /usr, or list it in \"binds\" of the profile file"
    }

    /// `name` as it can stand before the slash of a model.
    private static func identifier(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == "/" || $0.properties.isWhitespace ? "-" : $0 }))
    }
}
