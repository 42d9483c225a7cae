import DevTools
import JSON

/// Names drawn over the elements that a snapshot gave them to, for a picture.
struct Labels: Sendable {
    /// The most that are drawn.
    static let limit = 150

    /// The names that are drawn, and where.
    private(set) var places: [(name: String, place: Rectangle)] = []
    /// How many are not: what they name is out of sight, or there were too many.
    private(set) var skipped = 0

    /// Those of `names` that are in sight of `page` now, whose session is `session`. Throws `DevToolsError`.
    init(
        _ names: [String], _ refs: [String: ElementRef], on page: TargetID, _ session: DevToolsSession,
        in targets: Targets
    ) async throws {
        let seen = try await session.send(PageDomain.GetLayoutMetrics()).visible
        let frames = FramePlace(of: page, in: targets)
        var corners: [SessionID: (x: Double, y: Double)] = [:]
        let named = names.compactMap { name in refs[name].map { (name, $0) } }
        let nodes = try await PageNode.ids(of: named.map(\.1.node), over: targets.connection)
        for ((name, ref), node) in zip(named, nodes) {
            guard let node, places.count < Self.limit else {
                skipped += 1
                continue
            }
            do {
                if corners[ref.session] == nil { corners[ref.session] = try await frames.corner(of: ref.session) }
                let corner = corners[ref.session] ?? (0, 0)
                let parts = try await targets.connection.session(ref.session).send(
                    DOMDomain.GetContentQuads(node))
                guard var place = parts.first(where: { $0.width > 0 && $0.height > 0 }) else {
                    skipped += 1
                    continue
                }
                place.x += corner.x
                place.y += corner.y
                guard place.x < seen.width, place.y < seen.height, place.x + place.width > 0,
                    place.y + place.height > 0
                else {
                    skipped += 1
                    continue
                }
                places.append((name, place))
            } catch DevToolsError.refused, DevToolsError.sessionEnded {
                // It went away, or has no place.
                skipped += 1
            }
        }
    }

    /// Draws them in `frame` while `body` takes a picture. The page's scripts see an element that holds nothing, and only
    /// meanwhile. Throws `DevToolsError` and what `body` throws.
    func drawn<Value: Sendable>(
        over frame: FrameID, _ session: DevToolsSession, _ body: () async throws -> Value
    ) async throws -> Value {
        let list = JSON.array(
            places.map { label in
                [
                    .string(label.name), .double(label.place.x), .double(label.place.y), .double(label.place.width),
                    .double(label.place.height),
                ]
            })
        let context = try await session.send(PageDomain.CreateIsolatedWorld(frame, name: ElementSearch.world))
        _ = try await session.send(RuntimeDomain.Evaluate("(\(Self.draw))(\(list.text()))", in: context))
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        // A page that is gone has no labels any more.
        _ = try? await session.send(RuntimeDomain.Evaluate("globalThis.labels?.remove()", in: context))
        return try result.get()
    }

    /// Styles are set by script: a page may forbid those that are written.
    private static let draw = """
        labels => {
            const host = document.createElement('div');
            Object.assign(host.style, {
                all: 'initial', position: 'fixed', left: 0, top: 0, zIndex: 2147483647, pointerEvents: 'none' });
            const root = host.attachShadow({ mode: 'closed' });
            for (const [name, x, y, width, height] of labels) {
                const box = document.createElement('div'), label = document.createElement('div');
                Object.assign(box.style, {
                    position: 'fixed', left: x + 'px', top: y + 'px', width: width + 'px', height: height + 'px',
                    boxSizing: 'border-box', border: '2px solid #ff4500' });
                Object.assign(label.style, {
                    position: 'fixed', left: Math.max(0, x) + 'px', top: Math.max(0, y - 16) + 'px', padding: '0 3px',
                    font: 'bold 12px/16px monospace', color: 'white', background: '#ff4500' });
                label.textContent = name;
                root.append(box, label);
            }
            globalThis.labels?.remove();
            globalThis.labels = host;
            document.documentElement.append(host);
        }
        """
}
