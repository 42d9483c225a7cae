import JSON

/// Where what an agent says goes beside its session: an account of a messaging service, and a place there.
struct DeliveryRoute: Sendable, Hashable {
    /// The service's id, `irc`.
    var service: String
    /// The account, `default`.
    var account: String
    /// The place, in the service's words.
    var target: String
    /// The thread there; nil outside of threads.
    var thread: String?
    /// What stands before each answer; nil for nothing.
    var prefix: String?

    /// As a run keeps it that is to go on after a crash.
    var json: JSON {
        var object: JSONObject = [
            "channel": .string(service), "accountId": .string(account), "to": .string(target),
        ]
        object["threadId"] = thread.map(JSON.string)
        object["prefix"] = prefix.map(JSON.string)
        return .object(object)
    }

    /// Reads what `json` wrote; nil when it is none.
    init?(_ json: JSON) {
        guard let service = json["channel"]?.string, let account = json["accountId"]?.string,
            let target = json["to"]?.string
        else { return nil }
        self.init(service: service, account: account, target: target, thread: json["threadId"]?.string)
        prefix = json["prefix"]?.string
    }

    /// `word` as it is said there.
    func said(_ word: String) -> String { prefix.map { "\($0) \(word)" } ?? word }

    init(service: String, account: String, target: String, thread: String? = nil) {
        self.service = service
        self.account = account
        self.target = target
        self.thread = thread
    }
}
