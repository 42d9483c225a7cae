import Channels
import Storage
import Time

/// Who may write to the gateway through messaging services. What a call was to write is on disk when it returns.
struct SenderStore: Sendable {
    let database: InstanceDatabase
    let bell: DeliveryBell
    let clock: WallClock

    /// Whether the person `id` was let in to write to `account`.
    func contains(_ id: String, _ account: AccountID) async throws -> Bool {
        try await database.read { try $0.senders.contains(id, account) }
    }

    /// Notes that who wrote `message` asks to be listened to. Who does so for the first time is told `word(code)`.
    func ask(
        _ message: InboundMessage, _ word: @escaping @Sendable (PairingCode) -> String
    ) async throws -> PairingBook.Outcome {
        let (account, now) = (message.account, clock.now)
        let outcome = try await database.write { transaction in
            var book = try transaction.senders.requests(account)
            let outcome = book.ask(message.sender, at: now)
            try transaction.senders.keep(book, account)
            if case .isNew(let request) = outcome {
                try transaction.deliveries.add(
                    word(request.code),
                    to: DeliveryRoute(
                        service: account.service, account: account.account, target: message.replyTarget,
                        thread: message.thread), run: nil, at: now)
            }
            return outcome
        }
        bell.ring()
        return outcome
    }

    /// Those who ask `account`, and those who were let in.
    func list(_ account: AccountID) async throws -> (
        asking: [PairingBook.Request], admitted: [(sender: Sender, addedAt: Timestamp)]
    ) {
        let now = clock.now
        return try await database.read { transaction in
            var book = try transaction.senders.requests(account)
            book.forgetOld(at: now)
            return (book.requests, try transaction.senders.all(account))
        }
    }

    /// Decides about who has the code `code` of `account`. Nil when nobody has that code.
    func decide(_ code: PairingCode, _ account: AccountID, isAdmitted: Bool) async throws -> Sender? {
        let now = clock.now
        return try await database.write { transaction in
            var book = try transaction.senders.requests(account)
            let request = book.take(code, at: now)
            try transaction.senders.keep(book, account)
            if let request, isAdmitted { try transaction.senders.add(request.sender, account, at: now) }
            return request?.sender
        }
    }

    /// Listens no longer to the person `id`. Returns whether it did.
    func remove(_ id: String, _ account: AccountID) async throws -> Bool {
        try await database.write { try $0.senders.remove(id, account) }
    }
}
