import Configuration
import Text

extension SessionSettings {
    /// What `section` says; the main session is always called `main`.
    init(_ section: SessionSection) {
        self.init()
        scope = section.scope == .global ? .global : .perSender
        directScope =
            switch section.dmScope {
            case .main: .main
            case .perPeer: .perPeer
            case .perChannelPeer: .perChannelPeer
            case .perAccountChannelPeer: .perAccountChannelPeer
            }
        identityLinks = section.identityLinks.sorted { $0.key < $1.key }.map {
            IdentityLink(name: $0.key, ids: $0.value)
        }
        resets.general = section.reset.map(ResetRules.Rule.init)
        resets.byKind[.direct] = section.resetByType.direct.map(ResetRules.Rule.init)
        resets.byKind[.group] = section.resetByType.group.map(ResetRules.Rule.init)
        resets.byKind[.thread] = section.resetByType.thread.map(ResetRules.Rule.init)
        for (channel, reset) in section.resetByChannel { resets.byChannel[channel] = ResetRules.Rule(reset) }
        resets.silence = section.silence
        sending.isAllowing = section.sendPolicy.standard == .allow
        sending.rules = section.sendPolicy.rules.map { rule in
            SendRules.Rule(
                isAllowing: rule.action == .allow, channel: rule.match.channel,
                chatType: rule.match.chatType?.rawValue, keyPrefix: rule.match.keyPrefix)
        }
    }
}

extension ResetRules.Rule {
    fileprivate init(_ section: ResetSection) {
        self.init(
            mode: section.mode.map { $0 == .daily ? .daily : .idle }, hour: section.atHour.map { Int($0) },
            silence: section.silence)
    }
}

extension GatewayConfiguration {
    /// What decides which conversation a message belongs to, and when one begins anew.
    var sessionSettings: SessionSettings {
        var settings = SessionSettings(content.session)
        settings.defaultAgent = IdentifierText.agent(agents.defaultID)
        return settings
    }
}
