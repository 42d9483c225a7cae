import DevTools
import JSON

/// Finds elements of a frame by CSS selectors. The page's scripts neither notice nor change what is found.
struct ElementSearch: Sendable {
    /// Which frame.
    let frame: Frame
    /// The session that it is reached by.
    let session: DevToolsSession

    /// What the place for our scripts is called, and what objects are let go of with.
    static let world = "browser-control"

    /// The first element that matches `selector`, by the id that its node keeps; nil when none does. Throws `BrowserFault` for
    /// what is no selector, and `DevToolsError`.
    func node(_ selector: String) async throws -> Int64? {
        let context = try await session.send(PageDomain.CreateIsolatedWorld(frame.info.id, name: Self.world))
        let result = try await session.send(
            RuntimeDomain.Evaluate(
                "Document.prototype.querySelector.call(document, \(JSON.string(selector).text()))", returnsValue: false,
                group: Self.world,
                in: context))
        switch result {
        case .exception: throw BrowserFault(400, "\(selector) is no CSS selector")
        case .value(let object):
            guard let id = object.id else { return nil }
            let node = try await session.send(DOMDomain.DescribeNode(object: id))
            try await session.send(RuntimeDomain.ReleaseObjectGroup(Self.world))
            return node
        }
    }
}
