import DevTools

/// An element of a page, as a snapshot named it.
struct ElementRef: Sendable, Equatable {
    /// The session of the frame it is in.
    var session: SessionID
    /// Which node of it.
    var node: PageNode
    /// What it is.
    var role: String
    /// What it is called.
    var name: String
}

/// A node of a page. To learn the id of each node of a snapshot would take longer than the snapshot itself, and few are asked
/// for.
enum PageNode: Sendable, Equatable {
    /// The one with this id, which it keeps as long as it is there.
    case known(Int64)
    /// The one at this place of a list.
    case listed(NodeList, at: Int)
}
