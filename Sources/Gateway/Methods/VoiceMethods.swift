import Configuration
import GatewayProtocol
import JSON
import Time

/// What apps with a voice ask of a gateway. This version keeps wake words and passes on that somebody talks; it speaks and
/// listens to nothing itself.
struct VoiceMethods: Sendable {
    let configuration: Current<GatewayConfiguration>
    let wakeWords: WakeWords
    let clients: Clients
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Voice",
            """
            Apps listen and speak; the gateway keeps what they agree on. It has no service that turns text into speech, and \
            says so to whoever asks for one.
            """,
            [
                wakeWordsMethod, setWakeWords, talk, speechStatus, speechServices, disableSpeech, enableSpeech, convert,
                setSpeechService,
            ])
    }

    // MARK: Wake words

    private static let triggers = Field(required: "triggers", .array(of: .string), "The words.")

    private var wakeWordsMethod: Method {
        Method.awaiting(
            "voicewake.get", .scope(.read), "The words at which apps begin to listen.", NoParameters.schema,
            answer: .object(Self.triggers)
        ) { _, _ in ["triggers": .array(try wakeWords.read().map(JSON.string))] }
    }

    private struct WakeWordParameters {
        var triggers: [String]

        static let schema = Schema(
            Field(
                required: "triggers", .array(of: .string),
                "The words, at most \(WakeWords.limit) of \(WakeWords.lengthLimit) characters; without any, the standard ones."
            ),
            as: WakeWordParameters.init)
    }

    private var setWakeWords: Method {
        Method.awaiting(
            "voicewake.set", .scope(.write), "Chooses the words at which apps begin to listen, and tells all clients.",
            WakeWordParameters.schema, answer: .object(Self.triggers)
        ) { _, parameters in
            let words = try wakeWords.replace(by: parameters.triggers, at: clock.now)
            let payload: JSON = ["triggers": .array(words.map(JSON.string))]
            clients.broadcast(.wakeWordsChanged, payload)
            return payload
        }
    }

    private struct TalkParameters {
        var enabled: Bool
        var phase: String?

        static let schema = Schema(
            Field(required: "enabled", .boolean, "Whether somebody talks."),
            Field("phase", .string, "How far that is, as the client calls it."), as: TalkParameters.init)
    }

    private var talk: Method {
        Method.immediate(
            "talk.mode", .scope(.write), "Tells the other clients that a conversation by voice begins or ends.",
            TalkParameters.schema, answer: GatewayEvent.talkMode.payload
        ) { _, parameters in
            let payload: JSON = [
                "enabled": .bool(parameters.enabled), "phase": parameters.phase.map(JSON.string) ?? .null,
                "ts": clock.now.json,
            ]
            clients.broadcast(.talkMode, payload)
            return payload
        }
    }

    // MARK: Speech

    private static let silence = ProtocolError(
        .unavailable, "this gateway cannot turn text into speech: this version has no service for it",
        details: ["reason": "unsupported"])

    private var speechStatus: Method {
        Method.immediate(
            "tts.status", .scope(.read), "Whether answers are read aloud: they are not.", NoParameters.schema,
            answer: .object(
                Field(required: "enabled", .boolean, "Whether they are."),
                Field(required: "auto", .string, "When they are: `off`."),
                Field(required: "provider", .any, "Who reads them: null."),
                Field(required: "fallbackProvider", .any, "Who does when that fails: null."),
                Field(required: "fallbackProviders", .array(of: .string), "All of those."),
                Field(required: "hasOpenAIKey", .boolean, "Whether `messages.tts` has a key for this service."),
                Field(required: "hasElevenLabsKey", .boolean, "The same."),
                Field(required: "edgeEnabled", .boolean, "Whether this one would be used without a key."))
        ) { _, _ in
            let section = configuration.value.file?.root["messages"]?["tts"]
            func hasKey(_ service: String) -> Bool { section?[service]?["apiKey"]?.string?.isEmpty == false }
            return [
                "enabled": false, "auto": "off", "provider": .null, "fallbackProvider": .null, "fallbackProviders": [],
                "hasOpenAIKey": .bool(hasKey("openai")), "hasElevenLabsKey": .bool(hasKey("elevenlabs")),
                "edgeEnabled": false,
            ]
        }
    }

    private var speechServices: Method {
        Method.immediate(
            "tts.providers", .scope(.read), "The services that turn text into speech: none.", NoParameters.schema,
            answer: .object(
                Field(required: "providers", .list(of: .anyObject), "The services."),
                Field(required: "active", .any, "The one in use: null."))
        ) { _, _ in ["providers": [], "active": .null] }
    }

    private var disableSpeech: Method {
        Method.immediate(
            "tts.disable", .scope(.write), "Has answers read aloud no more, which they are not anyway.",
            NoParameters.schema, answer: .object(Field(required: "enabled", .boolean, "Whether they are: `false`."))
        ) { _, _ in ["enabled": false] }
    }

    private var enableSpeech: Method {
        Method.immediate(
            "tts.enable", .scope(.write), "Refused: there is no service that reads answers aloud.", isAdvertised: false,
            NoParameters.schema, answer: .any
        ) { _, _ in throw Self.silence }
    }

    private struct ConvertParameters {
        var text: String
        var channel: String?

        static let schema = Schema(
            Field(required: "text", .nonEmptyString, "What is to be said."),
            Field("channel", .string, "For which channel."), as: ConvertParameters.init)
    }

    private var convert: Method {
        Method.immediate(
            "tts.convert", .scope(.write), "Refused: there is no service that turns text into speech.",
            isAdvertised: false, ConvertParameters.schema, answer: .any
        ) { _, _ in throw Self.silence }
    }

    private struct ServiceParameters {
        var provider: String

        static let schema = Schema(
            Field(required: "provider", .nonEmptyString, "The service."), as: ServiceParameters.init)
    }

    private var setSpeechService: Method {
        Method.immediate(
            "tts.setProvider", .scope(.write), "Refused: there is no service to choose.", isAdvertised: false,
            ServiceParameters.schema, answer: .any
        ) { _, _ in throw Self.silence }
    }
}
