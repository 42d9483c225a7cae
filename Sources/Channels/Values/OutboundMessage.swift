/// What the gateway says through a messaging service.
package struct OutboundMessage: Sendable, Equatable {
    /// Where it goes, in the service's words.
    package var target: String
    /// The thread there; nil outside of threads.
    package var thread: String?
    /// What is left of it to say.
    package var text: String

    package init(target: String, thread: String? = nil, text: String) {
        self.target = target
        self.thread = thread
        self.text = text
    }
}
