/// Something that happened in the browser, as the DevTools protocol tells of it.
package protocol DevToolsEvent: Sendable {
    /// The domain and the name: `Page.loadEventFired`.
    static var method: String { get }

    /// Reads one. Throws `DevToolsError.malformed` for one that the protocol does not have.
    init(_ fields: Fields) throws(DevToolsError)
}
