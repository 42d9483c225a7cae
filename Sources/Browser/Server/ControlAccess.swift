/// Who may ask for what over HTTP. Whoever makes the server decides that.
package protocol ControlAccess: Sendable {
    /// Why nothing is answered to a request with this head; nil when it may ask.
    func refusal(_ head: ControlHead) -> ControlRefusal?
}

/// What stands before the content of a request over HTTP.
package struct ControlHead: Sendable {
    /// The other end's address, without port.
    package var peerAddress: String
    /// The header fields, names in lower case, in the order sent.
    package var fields: [(name: String, value: String)]

    /// The values of the field `name`, which is in lower case.
    package func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
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
