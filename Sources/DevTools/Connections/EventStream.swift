/// Events as they come, in order. For one task to go through, once.
///
/// It ends without an error when the session it is of has ended. It throws `DevToolsError.disconnected` when the connection
/// is over, and `.eventsLost` when events came faster than they were taken for too long; in each case after what came before.
package final class EventStream: AsyncSequence, Sendable {
    private let buffer: EventBuffer
    private let exchange: Exchange
    private let id: Int

    init(_ buffer: EventBuffer, of exchange: Exchange, id: Int) {
        self.buffer = buffer
        self.exchange = exchange
        self.id = id
    }

    deinit { exchange.unsubscribe(id) }

    /// The next event; nil at the end.
    package func next() async throws -> Message.Event? {
        let event = try await buffer.next()
        exchange.eventWasTaken()
        return event
    }

    /// Goes through the events of a stream.
    package struct Iterator: AsyncIteratorProtocol {
        let stream: EventStream

        /// The next event; nil at the end.
        package mutating func next() async throws -> Message.Event? { try await stream.next() }
    }

    /// Goes through the events.
    package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }
}
