/// Why and how a connection is closed (RFC 6455 section 7.4).
public struct CloseReason: Equatable, Sendable {
    /// The status code.
    public var code: UInt16
    /// The text, at most 120 bytes of whole characters; a close frame holds 123.
    public var text: String

    /// A code and a text, which is cut to fit.
    public init(_ code: UInt16, _ text: String) {
        self.code = code
        self.text = Self.fitting(text)
    }

    /// Nothing is wrong.
    public static let normal = CloseReason(1000, "")
    /// A frame broke the rules of RFC 6455.
    public static let protocolError = CloseReason(1002, "protocol error")
    /// A binary message; the protocol is text.
    public static let unsupportedData = CloseReason(1003, "text frames only")
    /// A text message that is no UTF-8.
    public static let invalidText = CloseReason(1007, "not valid UTF-8")
    /// A client too slow to take what it is sent.
    public static let slowConsumer = CloseReason(1008, "slow consumer")
    /// A device whose token was taken away.
    public static let revoked = CloseReason(1008, "device token revoked")
    /// A page whose sign-in is over.
    public static let signInOver = CloseReason(1008, "the time of this sign-in is over")
    /// A message larger than the limit.
    public static let tooBig = CloseReason(1009, "message too big")
    /// The gateway ends; it may come back.
    public static let restart = CloseReason(1012, "service restart")

    /// A client that broke the gateway's rules. An empty text becomes `invalid handshake`.
    public static func policy(_ text: String) -> CloseReason {
        CloseReason(1008, text.isEmpty ? "invalid handshake" : text)
    }

    private static func fitting(_ text: String) -> String {
        var fitting = ""
        var length = 0
        for character in text.unicodeScalars {
            length += UTF8.width(character)
            guard length <= 120 else { break }
            fitting.unicodeScalars.append(character)
        }
        return fitting
    }
}
