package import Time

/// Those who ask one account to be listened to.
package struct PairingBook: Sendable, Equatable {
    /// Somebody who asks.
    package struct Request: Sendable, Equatable {
        package var code: PairingCode
        package var sender: Sender
        package var askedAt: Timestamp

        package init(code: PairingCode, sender: Sender, askedAt: Timestamp) {
            self.code = code
            self.sender = sender
            self.askedAt = askedAt
        }
    }

    /// What becomes of somebody who wrote without being let in.
    package enum Outcome: Sendable, Equatable {
        /// Asks now: is told the code.
        case isNew(Request)
        /// Asked before, and was told then.
        case isKnown(Request)
        /// Too many ask: nothing is said.
        case isFull
    }

    /// The most who ask at once.
    package static let limit = 3
    /// How long a code holds.
    package static let lifetime = TimeSpan(60, .minutes)

    /// Those who ask, the first first.
    package private(set) var requests: [Request]

    package init(_ requests: [Request] = []) {
        self.requests = requests
    }

    /// Forgets those whose time is over.
    package mutating func forgetOld(at now: Timestamp) {
        requests.removeAll { now.since($0.askedAt) >= Self.lifetime }
    }

    /// Notes that `sender` asks, who gets the code `code` when that is new.
    package mutating func ask(_ sender: Sender, at now: Timestamp, code: PairingCode = .random()) -> Outcome {
        forgetOld(at: now)
        if let known = requests.first(where: { $0.sender.id == sender.id }) { return .isKnown(known) }
        guard requests.count < Self.limit else { return .isFull }
        let request = Request(code: code, sender: sender, askedAt: now)
        requests.append(request)
        return .isNew(request)
    }

    /// Takes out the one who has the code `code`; nil when nobody has, or its time is over.
    package mutating func take(_ code: PairingCode, at now: Timestamp) -> Request? {
        forgetOld(at: now)
        guard let index = requests.firstIndex(where: { $0.code == code }) else { return nil }
        return requests.remove(at: index)
    }
}
