import Configuration
public import JSON
import Text
public import Time

/// What is kept of a session: which transcript it writes, when it was last used, and its settings.
///
/// It has the members of the original's `sessions.json`: those that something here acts on are properties, those that are
/// shown are `Member`s, and what this version does not know is kept as it came.
public struct SessionEntry: Equatable, Sendable {
    /// The key under which the session is found. It stays the same when the session begins anew.
    public let key: SessionKey
    /// The id of its transcript, a UUID: another one after each reset.
    public var sessionID: String
    /// When it was last used.
    public var updatedAt: Timestamp
    /// Everything else, in the order in which it came.
    private(set) var fields: JSONObject

    /// The session `key`, which writes the transcript `sessionID`.
    public init(key: SessionKey, sessionID: String, updatedAt: Timestamp, fields: JSONObject = JSONObject()) {
        self.key = key
        self.sessionID = sessionID
        self.updatedAt = updatedAt
        self.fields = fields
        self.fields["sessionId"] = nil
        self.fields["updatedAt"] = nil
    }

    /// A session `key` that begins at `now`.
    public init(beginning key: SessionKey, at now: Timestamp) {
        self.init(key: key, sessionID: UUIDText.random(), updatedAt: now)
    }

    /// Reads an entry of `sessions.json`; nil when it has no `sessionId`. One whose `updatedAt` is no time counts as never
    /// used.
    public init?(key: SessionKey, json: JSON) {
        guard let fields = json.object, let id = fields["sessionId"]?.string, !id.isEmpty else { return nil }
        self.init(
            key: key, sessionID: id, updatedAt: fields["updatedAt"].flatMap(Self.time(of:)) ?? .earliest, fields: fields
        )
    }

    /// The time that `json` is in `updatedAt`; nil when it is none.
    static func time(of json: JSON) -> Timestamp? {
        let number = json.integer ?? json.number.flatMap { Int64(exactly: $0.rounded(.down)) }
        return number.flatMap(Timestamp.init(milliseconds:))
    }

    /// The entry as `sessions.json` and the protocol have it.
    public var json: JSON {
        let first = [
            JSONObject.Member(name: "sessionId", value: .string(sessionID)),
            JSONObject.Member(name: "updatedAt", value: updatedAt.json),
        ]
        return .object(JSONObject(first + fields.members))
    }

    /// The agent it belongs to; nil for `global` and `unknown`.
    public var agent: String? { key.agent }

    /// The kind of conversation: what the entry says before what the key says.
    public var kind: SessionKey.Kind {
        if key.kind == .direct, ["group", "channel"].contains(chatType ?? "") { return .group }
        return key.kind
    }

    /// The same session from its beginning: another transcript, the same settings, nothing used yet.
    public func begunAnew(at now: Timestamp) -> SessionEntry {
        var entry = SessionEntry(key: key, sessionID: UUIDText.random(), updatedAt: now)
        entry.fields = JSONObject(
            fields.members.filter { member in
                !Self.belongingToTranscript.contains { $0.rawValue == member.name }
            })
        for counter in Self.counters + [.compactionCount] where self[counter] != nil { entry[counter] = 0 }
        return entry
    }

    /// What says something of the conversation so far, not of how its owner wants it.
    private static let belongingToTranscript: [Member] = [
        .sessionFile, .systemSent, .abortedLastRun, .cliSessionIds, .claudeCliSessionId, .skillsSnapshot,
        .contextTokens, .memoryFlushAt, .memoryFlushCompactionCount,
    ]
}

// MARK: Members

extension SessionEntry {
    /// The members this version knows, beside `sessionId` and `updatedAt`.
    enum Member: String, Sendable {
        case label, displayName, subject, spawnedBy
        case channel, chatType, groupChannel, space, origin
        case lastChannel, lastTo, lastAccountId, deliveryContext
        // How its owner wants it: see `SessionSetting`.
        case thinkingLevel, verboseLevel, reasoningLevel, responseUsage, elevatedLevel, execHost, execSecurity, execAsk
        case sendPolicy, groupActivation, execNode, providerOverride, modelOverride
        case queueMode, queueDebounceMs, queueCap, queueDrop
        // What became of the conversation so far.
        case sessionFile, systemSent, abortedLastRun, cliSessionIds, claudeCliSessionId, skillsSnapshot
        case modelProvider, model, inputTokens, outputTokens, totalTokens, contextTokens, compactionCount
        case memoryFlushAt, memoryFlushCompactionCount
    }

    /// A member as it is kept. What came in with a file may be anything.
    private(set) subscript(member: Member) -> JSON? {
        get { fields[member.rawValue] }
        set { fields[member.rawValue] = newValue }
    }

    /// A member that is a text; one that is something else counts as absent.
    private subscript(text member: Member) -> String? {
        get { self[member]?.string }
        set { self[member] = newValue.map(JSON.string) }
    }

    /// `label`: what its owner calls it.
    public internal(set) var label: String? {
        get { self[text: .label] }
        set { self[text: .label] = newValue }
    }

    /// `spawnedBy`: the session that started it.
    public internal(set) var spawnedBy: String? {
        get { self[text: .spawnedBy] }
        set { self[text: .spawnedBy] = newValue }
    }

    /// `displayName`: a name to show.
    var displayName: String? { self[text: .displayName] }

    /// `subject`: what a group talks about.
    var subject: String? { self[text: .subject] }

    /// `channel`: the channel it belongs to.
    var channel: String? { self[text: .channel] }

    /// `lastChannel`: the channel of the last message.
    var lastChannel: String? { self[text: .lastChannel] }

    /// Notes where its last message came from, as the original's readers know it.
    mutating func noteRoute(channel: String, account: String, target: String, json: JSON) {
        self[text: .lastChannel] = channel
        self[text: .lastAccountId] = account
        self[text: .lastTo] = target
        self[.deliveryContext] = json
    }

    /// `deliveryContext`: where its last message came from.
    var deliveryContext: JSON? { self[.deliveryContext] }

    /// `chatType`: the kind of conversation, as its channel calls it.
    var chatType: String? { self[text: .chatType] }

    // MARK: What its owner wants

    /// The word chosen for `setting`.
    subscript(setting: SessionSetting) -> String? {
        get { self[text: setting.member] }
        set { self[text: setting.member] = newValue }
    }

    /// `execNode`: the node programs run on.
    var execNode: String? {
        get { self[text: .execNode] }
        set { self[text: .execNode] = newValue }
    }

    /// The model chosen for it, as `provider/model`: `providerOverride` and `modelOverride`.
    var modelOverride: String? {
        guard let model = self[text: .modelOverride], !model.isEmpty else { return nil }
        return self[text: .providerOverride].map { "\($0)/\(model)" } ?? model
    }

    /// Chooses a model for it; nil chooses none.
    mutating func choose(_ model: ModelName?) {
        // A provider alone chooses its model itself.
        self[text: .providerOverride] = model?.model == nil ? nil : model?.provider
        self[text: .modelOverride] = model.map { $0.model ?? $0.provider }
    }

    /// `queueMode`: what becomes of a message that comes while its agent is answering; nil leaves that to the configuration.
    var queueMode: QueueMode? {
        get { self[text: .queueMode].flatMap(QueueMode.init) }
        set { self[text: .queueMode] = newValue?.rawValue }
    }

    /// `queueDebounceMs`: how long it must have been quiet, in milliseconds.
    var queueDebounce: Int64? {
        get { self[.queueDebounceMs]?.integer.flatMap { $0 >= 0 ? $0 : nil } }
        set { self[.queueDebounceMs] = newValue.map(JSON.integer) }
    }

    /// `queueCap`: how many messages may wait.
    var queueCap: Int64? {
        get { self[.queueCap]?.integer.flatMap { $0 > 0 ? $0 : nil } }
        set { self[.queueCap] = newValue.map(JSON.integer) }
    }

    /// `queueDrop`: what becomes of one more.
    var queueDrop: QueueDrop? {
        get { self[text: .queueDrop].flatMap(QueueDrop.init) }
        set { self[text: .queueDrop] = newValue?.rawValue }
    }

    /// Leaves all of that to the configuration.
    mutating func forgetQueue() {
        for member in [Member.queueMode, .queueDebounceMs, .queueCap, .queueDrop] { self[member] = nil }
    }

    // MARK: What became of it

    /// `abortedLastRun`: whether its last run was cut off.
    var abortedLastRun: Bool? {
        get { self[.abortedLastRun]?.bool }
        set { self[.abortedLastRun] = newValue.map(JSON.bool) }
    }

    /// What `provider` calls the conversation: of `cliSessionIds`, its member.
    func providerSession(_ provider: String) -> String? { self[.cliSessionIds]?[provider]?.string }

    /// Notes that `model` of `provider` answered, and, where it is known, what the provider calls the conversation.
    mutating func noteAnswer(by provider: String, model: String?, session: String?) {
        self[text: .modelProvider] = provider
        self[text: .model] = model ?? provider
        guard let session else { return }
        var ids = self[.cliSessionIds]?.object ?? JSONObject()
        ids[provider] = .string(session)
        self[.cliSessionIds] = .object(ids)
    }

    /// Adds what a run cost to what the conversation has cost.
    mutating func add(_ usage: TokenUsage) {
        for (counter, count) in zip(Self.counters, [usage.input, usage.output, usage.sum]) {
            guard let count else { continue }
            let (sum, isTooMuch) = (self[counter]?.integer ?? 0).addingReportingOverflow(count)
            self[counter] = .integer(isTooMuch ? .max : sum)
        }
    }

    /// Counts that the conversation was summed up once more.
    mutating func noteCompaction() {
        self[.compactionCount] = .integer(
            (self[.compactionCount]?.integer ?? 0).addingReportingOverflow(1).partialValue)
    }

    /// Forgets what the conversation has cost: part of it is gone.
    mutating func forgetUsage() {
        for counter in Self.counters { self[counter] = nil }
    }

    /// The name of its transcript's file says nothing any more: the transcript is in the database.
    mutating func forgetFile() { self[.sessionFile] = nil }

    /// What the conversation has cost: what was read, written, and both.
    private static let counters: [Member] = [.inputTokens, .outputTokens, .totalTokens]
}
