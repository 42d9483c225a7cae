/// A frame of a page, wherever its process is.
package struct Frame: Sendable, Equatable {
    /// What it is.
    package var info: FrameInfo
    /// The session that its document is reached by.
    package var session: SessionID
}
