import Channels
import Text

/// What was said in groups to others, until somebody says something to the gateway there. Kept in memory alone.
struct GroupHistory: Sendable {
    private struct Place: Hashable, Sendable {
        var account: AccountID
        var group: String
        var thread: String?
    }

    private var lines: [Place: [String]] = [:]
    /// The most groups that are remembered.
    private static let placeLimit = 200
    /// The longest line that is kept, in bytes.
    private static let lineLimit = 1000

    /// Keeps `message`, and no more than `limit` of its group.
    mutating func add(_ message: InboundMessage, limit: Int) {
        guard limit > 0, let place = Self.place(of: message) else { return }
        guard lines[place] != nil || lines.count < Self.placeLimit else { return }
        let line = "\(message.sender.name): \(message.text)".prefix(bytes: Self.lineLimit)
        lines[place] = ((lines[place] ?? []) + [line]).suffix(limit)
    }

    /// What was said in the place of `message` since this was called last.
    mutating func take(for message: InboundMessage) -> [String] {
        Self.place(of: message).flatMap { lines.removeValue(forKey: $0) } ?? []
    }

    private static func place(of message: InboundMessage) -> Place? {
        guard case .group(let group) = message.place else { return nil }
        return Place(account: message.account, group: group, thread: message.thread)
    }
}
