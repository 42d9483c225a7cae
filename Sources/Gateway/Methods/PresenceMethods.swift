import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// The methods about who is there, and what the main session is to know.
struct PresenceMethods: Sendable {
    let shared: SharedState
    let notes: SessionNotes
    let sessions: SessionResolver
    let conversations: Conversations
    let heartbeats: HeartbeatService
    let configuration: Current<GatewayConfiguration>
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Presence",
            """
            Clients that are connected, commands excepted, and for five minutes those that left or told of themselves. \
            What is told here besides waits for the main session's next turn.
            """,
            [systemPresence, systemEvent, lastHeartbeat, setHeartbeats, wake])
    }

    private var systemPresence: Method {
        Method.immediate(
            "system-presence", .scope(.read), "Everybody who is there, the gateway first.", NoParameters.schema,
            answer: .list(of: PresenceEntry.shape)
        ) { _, _ in
            .array(shared.presenceEntries.map(\.json))
        }
    }

    private struct SystemEvent {
        var text: String
        var deviceID: String?
        var instanceID: String?
        var host: String?
        var ip: String?
        var mode: String?
        var version: String?
        var platform: String?
        var deviceFamily: String?
        var modelIdentifier: String?
        var lastInput: Double?
        var reason: String?
        var roles: [String]?
        var scopes: [String]?
        var tags: [String]?

        private static let name = Shape.string(0...ProtocolLimits.nameCharacters)
        static let schema = Schema(
            isOpen: true, Field("text", .string, default: "", "A line for people; needed."),
            Field("deviceId", name, "The device that tells."),
            Field("instanceId", name, "Tells two runs of one program apart."), Field("host", name, "Its name."),
            Field("ip", name, "Its address."), Field("mode", name, "How it uses the gateway."),
            Field("version", name, "The program's version."), Field("platform", name, "The operating system."),
            Field("deviceFamily", name, "The kind of device."), Field("modelIdentifier", name, "The device's model."),
            Field("lastInputSeconds", .number, "Seconds since somebody used the device."),
            Field("reason", name, "Why it tells."), Field("roles", .array(of: name), "What it is."),
            Field("scopes", .array(of: name), "What it may do."), Field("tags", .array(of: name), "Its own words."),
            as: SystemEvent.init)

        /// What to know the teller by.
        var key: String { deviceID ?? instanceID ?? host ?? ip ?? text.prefix(bytes: 256) }

        func entry(at time: Int64) -> PresenceEntry {
            PresenceEntry(
                host: host, ip: ip, version: version, platform: platform, deviceFamily: deviceFamily,
                modelIdentifier: modelIdentifier, mode: mode, reason: reason,
                lastInput: lastInput.flatMap { Int64(exactly: $0.rounded()) }, deviceID: deviceID,
                instanceID: instanceID,
                roles: roles, scopes: scopes, tags: tags, text: text, time: time)
        }
    }

    private var systemEvent: Method {
        Method.immediate(
            "system-event", .scope(.admin),
            "Tells of a device or of something that happened there. Others see it in `presence`, and the main session "
                + "is told.", SystemEvent.schema, answer: .ok
        ) { _, event in
            guard event.text.contains(where: { !$0.isWhitespace }) else {
                throw ProtocolError(.invalidRequest, "text required")
            }
            try notes.tell(event.text, to: configuration.value.mainSessionKey)
            shared.presence.note(event.key, event.entry(at: clock.milliseconds))
            shared.announcePresence()
            return ["ok": true]
        }
    }

    private var lastHeartbeat: Method {
        Method.immediate(
            "last-heartbeat", .scope(.read),
            "What came of the last heartbeat of an agent since the start; null when none was.",
            NoParameters.schema, answer: .anyOf([HeartbeatOutcome.shape, .constant(.null, .null)])
        ) { _, _ in
            heartbeats.last ?? .null
        }
    }

    private struct HeartbeatParameters {
        var isEnabled: Bool

        static let schema = Schema(
            Field(required: "enabled", .boolean, "Whether agents look for work by themselves."),
            as: HeartbeatParameters.init)
    }

    private var setHeartbeats: Method {
        Method.immediate(
            "set-heartbeats", .scope(.admin),
            "Switches the heartbeats of all agents off, or on again. A start switches them on.",
            HeartbeatParameters.schema,
            answer: .object(
                Field(required: "ok", .constant(true, true), "It was done."),
                Field(required: "enabled", .boolean, "Whether they are on."))
        ) { _, parameters in
            heartbeats.isEnabled = parameters.isEnabled
            return ["ok": true, "enabled": .bool(parameters.isEnabled)]
        }
    }

    private struct WakeParameters {
        enum Moment: String, CaseIterable { case now, nextHeartbeat = "next-heartbeat" }

        var mode: Moment
        var text: String

        static let schema = Schema(
            Field(
                required: "mode", Shape<Moment>.word,
                "`now`: its agent acts on it at once, if a model answers for it. `next-heartbeat`: at its next turn, which may be a heartbeat."
            ),
            Field(required: "text", .nonEmptyString, "What it is told."), as: WakeParameters.init)
    }

    private var wake: Method {
        Method.immediate(
            "wake", .scope(.write), "Has the main session told something.", WakeParameters.schema, answer: .ok
        ) { _, parameters in
            let text = parameters.text.trimmed
            guard !text.isEmpty else { throw ProtocolError(.invalidRequest, "text required") }
            let main = sessions.session("main")
            try notes.tell(text, to: main.key.text)
            if parameters.mode == .now { conversations.wakeSoon(main) }
            return ["ok": true]
        }
    }
}

extension Shape where Value == JSON {
    /// What a method answers that has nothing to say.
    static let ok = Shape.object(Field(required: "ok", .constant(true, true), "It was done."))
}
