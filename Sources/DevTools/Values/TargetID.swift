/// The id of a target: a page, a frame with a process of its own, a worker, or the browser.
package struct TargetID: Hashable, Sendable {
    /// As the browser wrote it.
    package let text: String

    /// The id that is written `text`.
    package init(_ text: String) { self.text = text }
}
