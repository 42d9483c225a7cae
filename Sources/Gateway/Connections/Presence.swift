import GatewayProtocol
import Synchronization

/// Who is there: clients that are connected, those that left a short while ago, and what others told of
/// themselves.
final class Presence: Sendable {
    private struct Person {
        var entry: PresenceEntry
        /// How many connections it has.
        var connections: Int
    }

    private struct State {
        var people: [String: Person] = [:]
        var version: Int64 = 1
        var isAnnouncementDue = false
    }

    /// How long somebody is remembered who is not connected, in milliseconds.
    static let lifetime: Int64 = 5 * 60 * 1000
    /// How many are kept. Beyond that those told of longest ago are forgotten.
    static let limit = 200

    private let state = Mutex(State())

    /// Grows whenever somebody comes or goes.
    var version: Int64 { state.withLock(\.version) }

    /// How many are kept.
    var count: Int { state.withLock { $0.people.count } }

    /// Somebody connects, known as `key`.
    func enter(_ key: String, _ entry: PresenceEntry) {
        change { state in
            let connections = state.people[key]?.connections ?? 0
            state.people[key] = Person(entry: entry.shortened, connections: connections + 1)
        }
    }

    /// One connection of `key` ends.
    func leave(_ key: String, at time: Int64) {
        change { state in
            guard var person = state.people[key] else { return }
            person.connections = max(0, person.connections - 1)
            if person.connections == 0 {
                person.entry.reason = "disconnect"
                person.entry.time = time
            }
            state.people[key] = person
        }
    }

    /// Somebody tells of themselves.
    func note(_ key: String, _ entry: PresenceEntry) {
        change { state in
            state.people[key] = Person(entry: entry.shortened, connections: state.people[key]?.connections ?? 0)
        }
    }

    /// Everybody at `time`, the newest first.
    func entries(at time: Int64) -> [PresenceEntry] {
        state.withLock { state in
            state.people = state.people.filter {
                $0.value.connections > 0 || time - $0.value.entry.time < Self.lifetime
            }
            return state.people.values.map(\.entry).sorted { $0.time > $1.time }
        }
    }

    /// Whether a change is to be announced that nobody is about to announce. The caller then does.
    func takeAnnouncement() -> Bool {
        state.withLock { state in
            defer { state.isAnnouncementDue = true }
            return !state.isAnnouncementDue
        }
    }

    /// The announcement is being made: later changes are for the next.
    func announced() {
        state.withLock { $0.isAnnouncementDue = false }
    }

    private func change(_ body: (inout sending State) -> Void) {
        state.withLock { state in
            body(&state)
            state.version += 1
            while state.people.count > Self.limit, let oldest = Self.oldest(state.people) {
                state.people[oldest] = nil
            }
        }
    }

    /// Who is to be forgotten first: whoever is not connected, and was told of longest ago.
    private static func oldest(_ people: [String: Person]) -> String? {
        people.min { left, right in
            let (leftIsHere, rightIsHere) = (left.value.connections > 0, right.value.connections > 0)
            return leftIsHere == rightIsHere ? left.value.entry.time < right.value.entry.time : rightIsHere
        }?.key
    }
}
