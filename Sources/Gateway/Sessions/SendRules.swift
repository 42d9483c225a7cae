import JSON

/// Which conversations may be written to, as far as nobody decided it for one alone: `session.sendPolicy`.
public struct SendRules: Equatable, Sendable {
    /// One rule. What is nil fits everything.
    public struct Rule: Equatable, Sendable {
        /// Whether what it fits may be written to.
        public var isAllowing: Bool
        /// The channel the conversation comes through.
        public var channel: String?
        /// `direct`, `group` or `channel`.
        public var chatType: String?
        /// What the session's key begins with, with its agent or without.
        public var keyPrefix: String?

        /// A rule for every session that has what is given; nil fits every session.
        public init(isAllowing: Bool, channel: String? = nil, chatType: String? = nil, keyPrefix: String? = nil) {
            self.isAllowing = isAllowing
            self.channel = channel
            self.chatType = chatType
            self.keyPrefix = keyPrefix
        }

        func fits(_ entry: SessionEntry) -> Bool {
            let key = entry.key
            if let channel = Self.normal(channel), channel != Self.channel(of: entry) { return false }
            if let chatType, chatType != Self.chatType(of: entry) { return false }
            guard let prefix = Self.normal(keyPrefix) else { return true }
            return key.text.hasPrefix(prefix) || key.rest.hasPrefix(prefix)
        }

        private static func normal(_ text: String?) -> String? {
            text.map(SessionKey.normal).flatMap { $0.isEmpty ? nil : $0 }
        }

        private static func channel(of entry: SessionEntry) -> String? {
            normal(entry.channel) ?? normal(entry.lastChannel) ?? entry.key.channel
        }

        /// Nil where neither the entry nor the key tells.
        private static func chatType(of entry: SessionEntry) -> String? {
            if let type = normal(entry.chatType) { return type }
            let kinds = [(":group:", "group"), (":channel:", "channel"), (":dm:", "direct")]
            return kinds.first { entry.key.text.contains($0.0) }?.1
        }
    }

    /// `session.sendPolicy.default`.
    public var isAllowing = true
    /// `session.sendPolicy.rules`.
    public var rules: [Rule] = []

    /// No rule: everything may be written to.
    public init() {}

    /// Whether the conversation of `entry` may be written to: a rule that denies it counts before one that allows it.
    func allow(_ entry: SessionEntry) -> Bool {
        let fitting = rules.filter { $0.fits(entry) }
        return fitting.isEmpty ? isAllowing : fitting.allSatisfy(\.isAllowing)
    }
}
