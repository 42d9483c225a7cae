/// The id of a session, which is one client's attachment to one target.
package struct SessionID: Hashable, Sendable {
    /// As the browser wrote it.
    package let text: String

    /// The id that is written `text`.
    package init(_ text: String) { self.text = text }
}
