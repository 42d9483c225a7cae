import Configuration
import GatewayProtocol
import Logging
import Policy
import Time

/// The agents of a gateway, and who answers for them.
struct AgentDirectory: Sendable {
    /// Everybody, in the order configured; never empty.
    let all: [Agent]
    /// Who answers when nobody is named.
    let defaultID: String
    /// How long an answer may take when nobody says.
    let time: TimeSpan
    /// How much clients are told of tools where a session does not say: `verboseDefault`.
    let verbosity: String?
    private let backends: [String: CLIBackend]
    /// The model services.
    let providers: ModelProviders
    private let bootstrap: BootstrapSettings
    private let bindings: [Binding]
    /// What is wrong with the configuration of agents, a sentence each.
    let faults: [String]

    init(
        all: [Agent], defaultID: String, time: TimeSpan, backends: [String: CLIBackend], bootstrap: BootstrapSettings,
        bindings: [Binding], providers: ModelProviders = .none, verbosity: String? = nil, faults: [String] = []
    ) {
        precondition(!all.isEmpty, "there is always an agent")
        self.all = all
        self.defaultID = defaultID
        self.time = time
        self.verbosity = verbosity
        self.backends = backends
        self.bootstrap = bootstrap
        self.bindings = bindings
        self.providers = providers
        self.faults = faults + providers.faults
    }

    /// The agent `id`.
    func named(_ id: String) -> Agent? {
        all.first { $0.id == id }
    }

    /// Throws `ProtocolError` when there is no agent `id`.
    func require(_ id: String) throws(ProtocolError) {
        guard named(id) == nil else { return }
        let known = all.map { "\"\($0.id)\"" }.joined(separator: ", ")
        throw ProtocolError(.invalidRequest, "unknown agent id \"\(id)\"; there are \(known)")
    }

    /// The agent that answers what comes from `origin`: that of the binding that says most of those that fit, of
    /// several the first; else the default.
    func agentID(for origin: MessageOrigin) -> String {
        var best: Binding?
        for binding in bindings where binding.fits(origin) && named(binding.agentID) != nil {
            if binding.weight > best?.weight ?? -1 { best = binding }
        }
        return best?.agentID ?? defaultID
    }

    /// The keys of model services, which stand in files too: to be shown to nobody.
    var keys: KnownSecrets { KnownSecrets(providers.keys) }

    // MARK: Answering

    /// Who may answer with these models, in order; those that failed a short while ago come last. Without any model it is the
    /// operator, `ownResponder`.
    ///
    /// Throws `ProtocolError` when a model's provider is none of the backends and services, or does not have the model.
    func responders(
        for models: [ModelName], operator ownResponder: any Responder
    ) throws(ProtocolError) -> [(responder: any Responder, model: String?)] {
        guard !models.isEmpty else { return [(ownResponder, nil)] }
        var responders: [(responder: any Responder, model: String?)] = []
        for name in models {
            if name.isOperator {
                responders.append((ownResponder, nil))
            } else if let backend = backends[name.provider] {
                responders.append((backend, name.model))
            } else if let provider = providers.responders[name.provider] {
                guard provider.model(name.model) != nil else {
                    throw ProtocolError(
                        .unavailable,
                        "there is no model \"\(name)\": models.providers.\(name.provider).models does not list it")
                }
                responders.append((provider, name.model))
            } else {
                let ids = backends.keys.sorted() + providers.responders.keys.sorted() + [ModelName.operatorProvider]
                let known = ids.map { "\"\($0)\"" }.joined(separator: ", ")
                throw ProtocolError(
                    .unavailable,
                    "the model \"\(name)\" has no provider here: \"\(name.provider)\" is none of \(known); add it to "
                        + "models.providers or agents.defaults.cliBackends, or choose another model")
            }
        }
        return responders.filter { !$0.responder.isResting($0.model) }
            + responders.filter { $0.responder.isResting($0.model) }
    }

    /// The models that can be asked: those of the services, and those of the agents that a backend provides, each once.
    var models: [KnownModel] {
        var models = providers.responders.sorted { $0.key < $1.key }.flatMap(\.value.knownModels)
        for name in all.flatMap(\.models) where name.model != nil && backends[name.provider] != nil {
            if !models.contains(where: { $0.name == name }) { models.append(KnownModel(name: name)) }
        }
        return models
    }

    // MARK: Workspaces

    /// Makes every agent's workspace, and puts the files into it that are missing. One that cannot be made is told,
    /// and holds up no other: its agent will say so when it is asked.
    func prepareWorkspaces(logger: Logger) {
        for fault in faults { logger.warning("\(fault)") }
        for agent in all {
            do {
                try AgentWorkspace(agent.workspace).prepare(bootstrap)
            } catch {
                logger.warning("no workspace", metadata: ["agent": "\(agent.id)", "error": "\(error)"])
            }
        }
    }

    /// What `agent` is told before everything else in the session `key`.
    func systemPrompt(for agent: Agent, session key: String, extra: String?) -> String {
        SystemPrompt(agent: agent, sessionKey: key, extra: extra, limit: bootstrap.limit).text
    }
}
