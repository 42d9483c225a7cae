public import GatewayProtocol

/// The way back to one client, as the server provides it.
///
/// Callable from any thread, and in the order called. Neither call may lead back into the connection before
/// it returns: the connection holds a lock meanwhile, to keep its events in sequence.
public protocol ClientTransport: Sendable {
    /// Sends one text message. A droppable one is left out when the client is slow.
    func send(_ text: [UInt8], isDroppable: Bool)

    /// Sends what is waiting, then closes.
    func close(_ reason: CloseReason)
}
