package import Time

/// What somebody wrote through a messaging service, as the service's channel understood it.
package struct InboundMessage: Sendable, Equatable {
    /// Where it was written.
    package enum Place: Sendable, Equatable {
        /// To the gateway alone.
        case direct
        /// In a group, by its id: on IRC a channel, as `#help`.
        case group(String)
    }

    /// The account that it came to.
    package var account: AccountID
    /// The service's own id of it. The same id again is the same message.
    package var id: String
    package var place: Place
    /// The thread within its place; nil outside of threads.
    package var thread: String?
    package var sender: Sender
    /// What it says, without formatting and control characters but line breaks and tabs.
    package var text: String
    /// Whether it addresses the gateway by name.
    package var isMentioning: Bool
    /// When it was written.
    package var time: Timestamp
    /// Where an answer goes, in the service's words.
    package var replyTarget: String

    package init(
        account: AccountID, id: String, place: Place, thread: String? = nil, sender: Sender, text: String,
        isMentioning: Bool = false, time: Timestamp, replyTarget: String
    ) {
        self.account = account
        self.id = id
        self.place = place
        self.thread = thread
        self.sender = sender
        self.text = text
        self.isMentioning = isMentioning
        self.time = time
        self.replyTarget = replyTarget
    }
}

/// Who wrote a message.
package struct Sender: Sendable, Equatable {
    /// What identifies the person, in the form in which the service compares it: the best that the service vouches for.
    package var id: String
    /// What people call them, which anybody may take.
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}
