package import NIOHTTP1

/// Who may ask for what over HTTP. Whoever makes the server decides that.
package protocol ControlAccess: Sendable {
    /// Why nothing is answered to a request with this head from `peerAddress`, which is without port; nil when it may ask.
    func refusal(_ head: HTTPRequestHead, from peerAddress: String) -> ControlRefusal?
}

/// Why a request over HTTP is refused.
package struct ControlRefusal: Sendable {
    /// The HTTP status.
    package var status: Int
    /// One sentence.
    package var message: String
    /// Header fields of the answer.
    package var fields: [(name: String, value: String)]

    /// A refusal.
    package init(status: Int, message: String, fields: [(name: String, value: String)] = []) {
        (self.status, self.message, self.fields) = (status, message, fields)
    }
}
