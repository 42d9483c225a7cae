import Configuration
import ModelServices
import Policy
import Text

extension AgentDirectory {
    /// The agents of `configuration`, whose programs inherit `environment`.
    ///
    /// `client` asks model services; nil means one that reaches them as `environment` says.
    init(
        _ configuration: GatewayConfiguration, environment: [String: String], client: (any ModelAnswering)? = nil
    ) {
        let section = configuration.agents
        let defaults = section.defaults
        var faults: [String] = []
        let all = section.all.enumerated().map { index, agent in
            let workspace = configuration.workspace(of: agent)
            if let text = agent.workspace, configuration.directory(text) == nil {
                faults.append(
                    "agents.list[\(index)].workspace is \"\(text)\"; expected an absolute path without \"..\". "
                        + "\(workspace) is used instead")
            }
            return Agent(
                id: IdentifierText.agent(agent.id), name: agent.name ?? agent.identity.name, workspace: workspace,
                models: section.models(of: agent),
                picture: agent.identity.avatar.flatMap { AgentPicture($0, workspace: workspace) })
        }
        var backends: [String: CLIBackend] = [:]
        for (id, section) in defaults.cliBackends {
            backends[id] = CLIBackend(id: id, section, environment: environment)
        }
        self.init(
            all: all, defaultID: IdentifierText.agent(section.defaultID), time: defaults.timeout,
            backends: backends,
            bootstrap: BootstrapSettings(
                isSkipped: defaults.skipBootstrap, limit: Int(min(defaults.bootstrapMaxChars, 1_000_000))),
            bindings: configuration.content.bindings.map(Binding.init),
            providers: ModelProviders(
                configuration.content.models, defaults: defaults, keys: KeyReader(configuration),
                client: client ?? ModelClient(environment: environment)), verbosity: defaults.verboseDefault,
            faults: faults)
    }
}

extension Binding {
    /// The binding `section` describes.
    init(_ section: BindingSection) {
        let match = section.match
        self.init(
            agentID: IdentifierText.agent(section.agentID), channel: match.channel, accountID: match.accountID,
            peer: match.peer.map { peer in
                let kind: SessionKey.Peer.Kind =
                    switch peer.kind {
                    case .direct: .direct
                    case .group: .group
                    case .channel: .channel
                    }
                return (kind, peer.id)
            }, guildID: match.guildID, teamID: match.teamID)
    }
}
