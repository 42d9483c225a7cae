import Channels
import Configuration
import ModelServices
import Policy
import Text
import Time

/// Makes the channels that the configuration names.
struct ChannelFactory: Sendable {
    /// An account as the configuration has it.
    struct Account: Sendable {
        let id: AccountID
        let label: String
        /// What people call it.
        let name: String?
        let isEnabled: Bool
        let policy: ChannelPolicy
        /// Its connection; nil where something is missing.
        let channel: (any Channel)?
        /// What is missing.
        let fault: String?
        /// Whether it is the one of its service that is meant where none is named.
        let isDefault: Bool
    }

    let environment: [String: String]
    let clock: WallClock

    /// The accounts of `section`, in the order to show them.
    func accounts(_ section: ChannelsSection) -> [Account] {
        guard let irc = section.irc else { return [] }
        return irc.all.map { id, account in self.account(AccountID("irc", id), account, isDefault: id == irc.defaultID)
        }
    }

    private func account(_ id: AccountID, _ section: IRCAccountSection, isDefault: Bool) -> Account {
        let policy = policy(section)
        var fault: String?
        var channel: (any Channel)?
        if let host = section.host?.trimmed, let nick = section.nick?.trimmed, !host.isEmpty, !nick.isEmpty {
            do throws(ChannelFailure) {
                var settings = settings(section, host: host, nick: nick)
                settings.proxy = try proxy(to: host, settings.port)
                channel = IRCChannel(id: id, settings: settings, policy: policy, clock: clock)
            } catch {
                fault = error.description
            }
        } else {
            fault = "not configured: channels.irc needs a host and a nick"
        }
        return Account(
            id: id, label: "IRC", name: section.common.name, isEnabled: section.common.isEnabled, policy: policy,
            channel: channel, fault: fault, isDefault: isDefault)
    }

    private func settings(_ section: IRCAccountSection, host: String, nick: String) -> IRCSettings {
        var settings = IRCSettings(
            host: host, port: Int(section.effectivePort), nick: nick)
        settings.isEncrypted = section.isEncrypted
        settings.authorities = section.authorities
        settings.user = section.user ?? nick
        settings.realName = section.realName ?? nick
        settings.password = section.password
        settings.sasl = section.sasl.password.map {
            IRCSettings.SASL(account: section.sasl.account ?? nick, password: $0)
        }
        let service = section.nickServ
        settings.nickServ =
            service.isEnabled
            ? service.password.map {
                IRCSettings.NickServ(service: service.service, account: service.account, password: $0)
            } : nil
        // Who names a group wants to be there.
        let named = Set(section.channels.map { IRCChannel.folded($0.prefix { $0 != " " }) })
        settings.channels =
            section.channels
            + section.common.groups.filter {
                $0.key != "*" && $0.value.isEnabled && !named.contains(IRCChannel.folded($0.key))
            }
            .keys.sorted()
        settings.flood = (burst: Int(section.flood.burst), interval: section.flood.interval.duration)
        return settings
    }

    private func policy(_ section: IRCAccountSection) -> ChannelPolicy {
        let common = section.common
        var policy = ChannelPolicy()
        policy.direct =
            switch common.directPolicy {
            case .pairing: .pairing
            case .allowlist: .allowlist
            case .open: .open
            case .disabled: .disabled
            }
        policy.senders = common.allowFrom
        policy.groupPolicy =
            switch common.groupPolicy {
            case .allowlist: .allowlist
            case .open: .open
            case .disabled: .disabled
            }
        policy.groupSenders = common.groupAllowFrom
        for (name, group) in common.groups {
            policy.groups[IRCChannel.folded(name)] = ChannelPolicy.Group(
                isEnabled: group.isEnabled, requiresMention: group.requiresMention, senders: group.allowFrom)
        }
        policy.mentionPatterns = common.mentionPatterns
        policy.historyLimit = Int(common.historyLimit)
        policy.chunkLimit = Int(clamping: common.textChunkLimit ?? 350)
        policy.chunkMode =
            switch common.chunkMode {
            case .length: .length
            case .newline: .newline
            }
        policy.responsePrefix = common.responsePrefix
        return policy
    }

    /// The proxy through which a sandbox with an `egress` list reaches others: that of `ALL_PROXY`. Throws `ChannelFailure` when
    /// the environment names none that an account can be connected through: it is not connected past it.
    private func proxy(to host: String, _ port: Int) throws(ChannelFailure) -> IRCSettings.Proxy? {
        do {
            let settings = ProxySettings(environment: environment)
            guard let proxy = try settings.proxy(to: host.lowercased(), port, by: ["ALL_PROXY"]) else { return nil }
            guard proxy.kind == .http, proxy.credentials == nil else {
                throw ChannelFailure(
                    .final, "the environment's ALL_PROXY must be http://HOST:PORT, without a name and password")
            }
            return IRCSettings.Proxy(host: proxy.host, port: proxy.port)
        } catch let failure as ChannelFailure {
            throw failure
        } catch {
            throw ChannelFailure(.final, "\(error)")
        }
    }
}
