import JSON
import Time

/// What a run is to do.
struct RunRequest: Sendable {
    /// Whose keys a run's own key is among.
    var space: Run.Space
    /// The key the client chose, which is also the run's id.
    var key: String
    /// The session, as the gateway calls it, and as the client did.
    var sessionKey: SessionKey
    var clientSessionKey: String
    var agentID: String
    var message: String
    /// Whether who asks may do everything: the operator answers then what methods for admins answer.
    var isByAdmin = false
    /// What the transcript of a session is to be called that begins with it; nil leaves that to the gateway.
    var newSessionID: String?
    /// Whether the session begins anew with it.
    var isBeginning = false
    /// Whether nothing is to be answered, but the conversation summed up.
    var isCompaction = false
    /// Pictures, as files.
    var images: [String] = []
    /// What the agent is told beside its own files.
    var extraSystemPrompt: String?
    /// `provider/model` instead of the agent's own.
    var model: String?
    /// How long the answer may take; nil means as configured.
    var time: TimeSpan?
    /// The lane it goes through; nil when who asks keeps count.
    var lane: String? = Lanes.main
    /// What a session without a name is to be called.
    var label: String?
    /// The session that asks.
    var spawnedBy: String?
    /// How much its session's model is to think from now on.
    var thinking: ThinkingLevel?
    /// Whether the gateway asks by itself, at a job's time or because something happened.
    var isOwn = false
    /// Of a heartbeat: the most characters beside HEARTBEAT_OK of an answer that says nothing. Such a turn is no use of
    /// its session. Nil of everything else.
    var quietLimit: Int?

    /// The channel through which a person says it, while somebody may say more; nil of everything that is answered by itself.
    /// Not kept: what goes on after a crash has waited long enough.
    var channel: String?
    /// What of the session's queue it changes, where it is no message at all.
    var queueChange: QueueChange?

    /// Whether who asks is told that it will be answered, so that it is also when the gateway crashes meanwhile.
    var isPromised = false

    /// Where the answer goes beside the session; nil when nowhere.
    var reply: DeliveryRoute?

    /// Whether nothing is said with it: a word such as `/new` alone only begins the session anew.
    var isEmpty: Bool { message.isEmpty && images.isEmpty }

    /// Whether it can be told to a turn together with other messages.
    var isPlain: Bool {
        !isBeginning && !isCompaction && !isEmpty && images.isEmpty && extraSystemPrompt == nil && model == nil
            && thinking == nil
    }

    /// What it holds, in bytes: its texts, and a little for everything else.
    var size: Int {
        message.utf8.count + (extraSystemPrompt?.utf8.count ?? 0) + images.reduce(0) { $0 + $1.utf8.count } + 2048
    }
}

extension RunRequest {
    /// What of it another process needs to go on: without the message, and without what its session has taken over.
    var kept: JSON {
        var object: JSONObject = ["clientSessionKey": .string(clientSessionKey), "agentId": .string(agentID)]
        if isByAdmin { object["isByAdmin"] = true }
        if isCompaction { object["isCompaction"] = true }
        if !images.isEmpty { object["images"] = .array(images.map(JSON.string)) }
        object["extraSystemPrompt"] = extraSystemPrompt.map(JSON.string)
        object["model"] = model.map(JSON.string)
        object["timeoutMs"] = time?.json
        object["lane"] = lane.map(JSON.string)
        object["reply"] = reply?.json
        return .object(object)
    }

    /// The request of `run`, which said `message`; nil when it cannot be read.
    init?(_ run: UnfinishedRun, message: String) {
        let kept = run.task.request
        guard let client = kept["clientSessionKey"]?.string, let agentID = kept["agentId"]?.string else { return nil }
        self.init(
            space: run.space, key: run.runID, sessionKey: run.sessionKey, clientSessionKey: client, agentID: agentID,
            message: message)
        isByAdmin = kept["isByAdmin"]?.bool ?? false
        isCompaction = kept["isCompaction"]?.bool ?? false
        images = (kept["images"]?.array ?? []).compactMap(\.string)
        extraSystemPrompt = kept["extraSystemPrompt"]?.string
        model = kept["model"]?.string
        time = kept["timeoutMs"]?.integer.map { TimeSpan($0, .milliseconds) }
        lane = kept["lane"]?.string
        reply = kept["reply"].flatMap(DeliveryRoute.init)
        isPromised = true
    }
}
