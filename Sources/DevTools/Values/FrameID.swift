/// The id of a frame, which it keeps however often it is navigated. A page's main frame has the id of the page's target.
package struct FrameID: Hashable, Sendable {
    /// As the browser wrote it.
    package let text: String

    /// The id that is written `text`.
    package init(_ text: String) { self.text = text }
}
