import DevTools

/// An element of a page, as a snapshot named it.
struct ElementRef: Sendable, Equatable {
    /// The session of the frame it is in.
    var session: SessionID
    /// The node, by the id that it keeps as long as it is there.
    var node: Int64
    /// What it is.
    var role: String
    /// What it is called.
    var name: String
}
