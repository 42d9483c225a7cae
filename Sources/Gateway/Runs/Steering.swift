import Synchronization

/// Messages that are to be taken into a turn which is under way.
final class Steering: Sendable {
    /// A message that waits for that.
    final class Offer: Sendable {
        let message: String
        /// Its place in the transcript.
        let place: Int64
        /// Whether the turn took it in.
        let outcome = Awaited<Bool>()

        init(_ message: String, at place: Int64) {
            self.message = message
            self.place = place
        }
    }

    private struct State {
        var offers: [Offer] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Has the turn take `offer` in at its next step, if there is one. Returns false when it is over.
    func put(_ offer: Offer) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.offers.append(offer)
            return true
        }
    }

    /// Those that wait, first come first. They wait no more.
    func take() -> [Offer] {
        state.withLock { state in
            defer { state.offers = [] }
            return state.offers
        }
    }

    /// `offer` is not wanted any more.
    func withdraw(_ offer: Offer) {
        state.withLock { $0.offers.removeAll { $0 === offer } }
    }

    /// How many wait.
    var count: Int { state.withLock { $0.offers.count } }

    /// The turn is over: who waits is told that nothing came of it.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.offers = [] }
            return state.offers
        }
        for offer in left { offer.outcome.fulfil(false) }
    }
}
