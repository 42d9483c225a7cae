import Channels
import GatewayProtocol
import JSON
import Text
import Time

/// The methods about messaging services: how they are, who may write there, and saying something.
struct ChannelMethods: Sendable {
    let messenger: Messenger
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Channels",
            """
            Messaging services, and accounts with them. What comes in there is answered as what a client says. Somebody who is not \
            listed, and writes to an account alone, gets a code, and waits until an operator decides.
            """,
            [status, logOut, send, list, approve, reject, remove])
    }

    private struct StatusParameters {
        var probe: Bool?

        static let schema = Schema(
            Field("probe", .boolean, "Looks anew. What is told is always what holds now."),
            Field("timeoutMs", .milliseconds(.zero ... .longestWait), "How long to look; it takes no time here."),
            as: { (probe: Bool?, _: TimeSpan?) in StatusParameters(probe: probe) })
    }

    private var status: Method {
        Method.immediate(
            "channels.status", .scope(.read), "The accounts with messaging services, and how they are.",
            StatusParameters.schema, answer: ChannelReport.shape
        ) { _, _ in ChannelReport(messenger: messenger, now: clock.now).json }
    }

    private struct AccountParameters {
        var channel: String
        var accountID: String?

        static let schema = Schema(
            Field(required: "channel", .nonEmptyString, "The service's id."),
            Field("accountId", .nonEmptyString, "The account; without one, the default one."),
            as: AccountParameters.init)
    }

    private static let channelField = Field(required: "channel", Shape.string, "The service's id.")
    private static let accountField = Field(required: "accountId", Shape.string, "The account.")

    private var logOut: Method {
        Method.immediate(
            "channels.logout", .scope(.admin),
            "Ends the connection of an account until the gateway starts anew. Nothing of the configuration changes.",
            AccountParameters.schema,
            answer: .object(
                Self.channelField, Self.accountField,
                Field(required: "cleared", .boolean, "Whether something was forgotten: never, since nothing is kept."),
                Field(required: "loggedOut", .boolean, "Whether there was a connection, or one was tried."))
        ) { _, parameters in
            let account = try messenger.account(parameters.channel, parameters.accountID)
            return [
                "channel": .string(account.id.service), "accountId": .string(account.id.account), "cleared": false,
                "loggedOut": .bool(messenger.logOut(account.id)),
            ]
        }
    }

    private struct SendParameters {
        var to: String
        var message: String
        var channel: String?
        var accountID: String?
        var key: String

        static let schema = Schema(
            Field(required: "to", .nonEmptyString, "Where it goes, as the service calls it: a nick, or #channel."),
            Field(required: "message", .nonEmptyString, "What is said."),
            Field("channel", .nonEmptyString, "The service; without one, the first that is configured."),
            Field("accountId", .nonEmptyString, "The account; without one, the default one."),
            Field(required: "idempotencyKey", .idempotencyKey, "The request's id. Sent again, it says nothing twice."),
            as: SendParameters.init)
    }

    /// How long the answer to `send` waits until the message was said.
    private static let patience = TimeSpan(20, .seconds)

    private var send: Method {
        Method.awaiting(
            "send", .scope(.write), "Says something through a messaging service.", SendParameters.schema,
            answer: .object(
                Field(required: "runId", .string, "The `idempotencyKey`."), Self.channelField, Self.accountField,
                Field(
                    required: "status", .string,
                    "`sent`; `queued` when that takes long: the message is on disk and will be sent; `known` when it was asked for before."
                ),
                Field("messageId", .string, "The message's id here."))
        ) { _, parameters in
            let account = try messenger.account(parameters.channel, parameters.accountID)
            let target = try messenger.place(parameters.to, by: account)
            let route = DeliveryRoute(service: account.id.service, account: account.id.account, target: target)
            var answer: JSONObject = [
                "runId": .string(parameters.key), "channel": .string(account.id.service),
                "accountId": .string(account.id.account),
            ]
            guard let id = try await messenger.enter(parameters.message, to: route, key: parameters.key) else {
                messenger.forget(parameters.key)
                answer["status"] = "known"
                return .object(answer)
            }
            answer["messageId"] = .string("\(id)")
            switch try await messenger.outcome(of: parameters.key, atMost: Self.patience) {
            case .said: answer["status"] = "sent"
            case .refused(let reason): throw ProtocolError(.unavailable, "not sent: \(reason)")
            case nil: answer["status"] = "queued"
            }
            return .object(answer)
        }
    }

    // MARK: Who may write

    private static let request = Shape.object(
        Field(required: "code", .string, "The code that the person was told."),
        Field(required: "id", .string, "What identifies the person."),
        Field(required: "name", .string, "What people call them, which anybody may take."),
        Field(required: "createdAt", .integer, "When they asked, in milliseconds since 1970."))

    private static let sender = Shape.object(
        Field(required: "id", .string, "What identifies the person."),
        Field(required: "name", .string, "What people called them."),
        Field(required: "addedAt", .integer, "When they were let in, in milliseconds since 1970."))

    private var list: Method {
        Method.awaiting(
            "channels.pairing.list", .scope(.pairing),
            "Those who ask an account to be listened to, and those who were let in.",
            AccountParameters.schema,
            answer: .object(
                Self.channelField, Self.accountField,
                Field(
                    required: "pending", .list(of: Self.request),
                    "Those who ask, the first first; for an hour, and three at most."),
                Field(required: "allowed", .list(of: Self.sender), "Those who were let in after they asked."))
        ) { _, parameters in
            let account = try messenger.account(parameters.channel, parameters.accountID)
            let (asking, admitted) = try await messenger.senders.list(account.id)
            return [
                "channel": .string(account.id.service), "accountId": .string(account.id.account),
                "pending": .array(
                    asking.map { request in
                        [
                            "code": .string(request.code.description), "id": .string(request.sender.id),
                            "name": .string(request.sender.name), "createdAt": request.askedAt.json,
                        ]
                    }),
                "allowed": .array(
                    admitted.map { entry in
                        [
                            "id": .string(entry.sender.id), "name": .string(entry.sender.name),
                            "addedAt": entry.addedAt.json,
                        ]
                    }),
            ]
        }
    }

    private struct DecisionParameters {
        var channel: String
        var accountID: String?
        var code: String

        static let schema = Schema(
            Field(required: "channel", .nonEmptyString, "The service's id."),
            Field("accountId", .nonEmptyString, "The account; without one, the default one."),
            Field(required: "code", .nonEmptyString, "The code that the person was told."),
            as: DecisionParameters.init)
    }

    private static let decision = Shape.object(
        channelField, accountField, Field(required: "id", .string, "What identifies the person."),
        Field(required: "name", .string, "What people call them."))

    private var approve: Method {
        Method.awaiting(
            "channels.pairing.approve", .scope(.pairing), "Listens from now on to somebody who asked.",
            DecisionParameters.schema, answer: Self.decision
        ) { _, parameters in try await decide(parameters, isAdmitted: true) }
    }

    private var reject: Method {
        Method.awaiting(
            "channels.pairing.reject", .scope(.pairing), "Turns somebody away who asked. They may ask again.",
            DecisionParameters.schema, answer: Self.decision
        ) { _, parameters in try await decide(parameters, isAdmitted: false) }
    }

    private func decide(_ parameters: DecisionParameters, isAdmitted: Bool) async throws -> JSON {
        let account = try messenger.account(parameters.channel, parameters.accountID)
        guard let code = PairingCode(parameters.code),
            let sender = try await messenger.senders.decide(code, account.id, isAdmitted: isAdmitted)
        else {
            throw ProtocolError(
                .invalidRequest,
                "nobody asks \(account.id) with the code \"\(parameters.code)\": codes hold for an hour")
        }
        return [
            "channel": .string(account.id.service), "accountId": .string(account.id.account), "id": .string(sender.id),
            "name": .string(sender.name),
        ]
    }

    private struct RemovalParameters {
        var channel: String
        var accountID: String?
        var id: String

        static let schema = Schema(
            Field(required: "channel", .nonEmptyString, "The service's id."),
            Field("accountId", .nonEmptyString, "The account; without one, the default one."),
            Field(required: "id", .nonEmptyString, "What identifies the person."), as: RemovalParameters.init)
    }

    private var remove: Method {
        Method.awaiting(
            "channels.pairing.remove", .scope(.pairing), "Listens no longer to somebody who was let in.",
            RemovalParameters.schema,
            answer: .object(
                Self.channelField, Self.accountField,
                Field(required: "removed", .boolean, "Whether they had been let in."))
        ) { _, parameters in
            let account = try messenger.account(parameters.channel, parameters.accountID)
            let isRemoved = try await messenger.senders.remove(parameters.id, account.id)
            return [
                "channel": .string(account.id.service), "accountId": .string(account.id.account),
                "removed": .bool(isRemoved),
            ]
        }
    }
}
