import Channels
import GatewayProtocol
import JSON
import Time

/// How the connections to messaging services are, as clients are told.
struct ChannelReport: Sendable {
    let messenger: Messenger
    let now: Timestamp

    /// A service that has an account, with the one that is meant where none is named.
    private typealias Service = (id: String, label: String, standard: ChannelFactory.Account)

    /// The services that have an account, in the order to show them.
    private var services: [Service] {
        var services: [Service] = []
        for account in messenger.accounts where !services.contains(where: { $0.id == account.id.service }) {
            let standard = messenger.accounts(of: account.id.service).first(where: \.isDefault) ?? account
            services.append((account.id.service, account.label, standard))
        }
        return services
    }

    private func byService(_ value: (Service) -> JSON) -> JSON {
        .object(JSONObject(services.map { JSONObject.Member(name: $0.id, value: value($0)) }))
    }

    /// The result of the method `channels.status`.
    var json: JSON {
        [
            "ts": now.json, "channelOrder": order, "channelLabels": labels,
            "channelDetailLabels": labels, "channelSystemImages": [:],
            "channelMeta": .array(
                services.map { service in
                    [
                        "id": .string(service.id), "label": .string(service.label),
                        "detailLabel": .string(service.label),
                    ]
                }),
            "channels": summaries,
            "channelAccounts": byService { .array(messenger.accounts(of: $0.id).map(snapshot)) },
            "channelDefaultAccountId": byService { .string($0.standard.id.account) },
        ]
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "ts", .integer, "When this was put together, in milliseconds since 1970."),
        Field(required: "channelOrder", .list(of: .string), "The services' ids, in the order to show them."),
        Field(required: "channelLabels", .anyObject, "The services' names, by id."),
        Field(required: "channelDetailLabels", .anyObject, "Their long names."),
        Field(required: "channelSystemImages", .anyObject, "Their symbols: none."),
        Field(
            required: "channelMeta", .list(of: .anyObject), "The same for each service: `id`, `label`, `detailLabel`."),
        Field(
            required: "channels", .anyObject,
            "By service: `configured`, `running`, `connected`, `lastStartAt`, `lastError`, of its default account."),
        Field(
            required: "channelAccounts", .anyObject,
            "By service, each account: `accountId`, `name`, `enabled`, `configured`, `running`, `connected`, `healthy`, `nick`, "
                + "`dmPolicy`, `reconnectAttempts`, `lastStartAt`, `lastConnectedAt`, `lastHeardAt`, `lastInboundAt`, "
                + "`lastOutboundAt`, `lastError`, `notes`. Times are milliseconds since 1970, or null."),
        Field(
            required: "channelDefaultAccountId", .anyObject,
            "By service, the account that is meant where none is named."))

    /// The ids of the services.
    var order: JSON { .array(services.map { .string($0.id) }) }

    /// The names of the services.
    var labels: JSON { byService { .string($0.label) } }

    /// The state of each service, by id.
    var summaries: JSON { byService { summary(of: $0.standard) } }

    /// A line for each account.
    var lines: [String] {
        messenger.accounts.map { account in
            let health = health(of: account)
            let name = account.channel?.state.name.map { " as \($0)" } ?? ""
            return
                "\(account.label) \(account.id.account): \(health.isConnected ? "connected\(name)" : health.fault ?? "not connected")"
        }
    }

    /// The accounts that are to be connected: whether each is heard, without saying why not, for everybody to read.
    var standing: [(id: String, isConnected: Bool)] {
        messenger.accounts.filter(\.isEnabled).map { ("\($0.id)", health(of: $0).isConnected) }
    }

    private func summary(of account: ChannelFactory.Account) -> JSON {
        let health = health(of: account)
        return [
            "configured": .bool(account.channel != nil), "running": .bool(health.isRunning),
            "connected": .bool(health.isConnected), "lastStartAt": account.channel?.state.startedAt?.json ?? .null,
            "lastError": health.fault.map(JSON.string) ?? .null,
        ]
    }

    private func snapshot(_ account: ChannelFactory.Account) -> JSON {
        let state = account.channel?.state ?? ChannelState()
        let health = health(of: account)
        var object: JSONObject = ["accountId": .string(account.id.account)]
        object["name"] = account.name.map(JSON.string)
        object["enabled"] = .bool(account.isEnabled)
        object["configured"] = .bool(account.channel != nil)
        object["running"] = .bool(health.isRunning)
        object["connected"] = .bool(health.isConnected)
        object["healthy"] = .bool(health.isConnected || !account.isEnabled)
        object["nick"] = state.name.map(JSON.string)
        object["dmPolicy"] = .string(account.policy.direct.rawValue)
        object["reconnectAttempts"] = .integer(Int64(max(0, state.attempts - 1)))
        object["lastStartAt"] = state.startedAt?.json ?? .null
        object["lastConnectedAt"] = state.connectedAt?.json ?? .null
        object["lastHeardAt"] = state.heardAt?.json ?? .null
        object["lastInboundAt"] = state.inboundAt?.json ?? .null
        object["lastOutboundAt"] = state.outboundAt?.json ?? .null
        object["lastError"] = health.fault.map(JSON.string) ?? .null
        object["notes"] = .array(state.notes.map(JSON.string))
        return .object(object)
    }

    /// How an account is, and why it is not well.
    private func health(
        of account: ChannelFactory.Account
    ) -> (isRunning: Bool, isConnected: Bool, fault: String?) {
        guard account.isEnabled else { return (false, false, "disabled") }
        guard let channel = account.channel else { return (false, false, account.fault) }
        if messenger.isLoggedOut(account.id) { return (false, false, "logged out") }
        let state = channel.state
        let isRunning = state.phase == .connecting || state.phase == .connected
        return (isRunning, state.isConnected, state.error ?? messenger.sendFault(of: account.id))
    }
}
