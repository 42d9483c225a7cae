import AgentLoop
import ModelServices
import Time

/// Has a turn take in what people say in its session while it is under way.
struct RunSteering: TurnSteering {
    let steering: Steering
    let sessionKey: SessionKey
    let sessionID: String
    let store: ConversationStore
    let clock: WallClock

    func take() async throws -> [ModelContext.Entry] {
        var offers = steering.take()[...]
        var entries: [ModelContext.Entry] = []
        // Who waits must be told, also when a disk takes no more.
        defer { for offer in offers { offer.outcome.fulfil(false) } }
        while let offer = offers.first {
            let id = try await store.keep(steering: offer.place, in: sessionID, of: sessionKey, at: clock.now)
            offers.removeFirst()
            offer.outcome.fulfil(id != nil)
            if let id { entries.append(ModelContext.Entry(id: id, .user([.text(offer.message)]))) }
        }
        return entries
    }
}
