package import Gateway
package import GatewayProtocol

/// Who takes the messages of one WebSocket.
package protocol MessageReceiver: Sendable {
    /// The largest message accepted now, in bytes.
    var inboundLimit: Int { get }
    /// Whether the handshake that follows WebSocket's own is through.
    var isEstablished: Bool { get }
    /// Takes one text message. Whether it is UTF-8 is the receiver's to find out: it has to read it anyway.
    func receive(_ text: UnsafeBufferPointer<UInt8>)
    /// Ends a connection whose handshake took too long.
    func handshakeTimedOut()
    /// Ends the connection.
    func close(_ reason: CloseReason)
    /// Tells that the other end is gone.
    func closed()
}

extension Connection: MessageReceiver {}
