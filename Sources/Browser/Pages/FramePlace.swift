import DevTools

/// Where the frames of a page are that have a process of their own: what is told of elements in them counts from their own
/// corner.
struct FramePlace: Sendable {
    private let targets: Targets
    private let page: TargetID

    /// Those of `page`.
    init(of page: TargetID, in targets: Targets) {
        (self.page, self.targets) = (page, targets)
    }

    /// How far the corner of what `session` shows is from the corner of what is seen of the page, in CSS pixels. Throws
    /// `DevToolsError`, also when the frame is gone.
    func corner(of session: SessionID) async throws -> (x: Double, y: Double) {
        let frames = targets.frames(of: page)
        var (x, y) = (0.0, 0.0)
        var session = session
        while session != frames.first?.session {
            let outer = frames.first { frame in
                frame.session == session && frames.first { $0.info.id == frame.info.parent }?.session != session
            }
            guard let outer, let parent = frames.first(where: { $0.info.id == outer.info.parent }) else {
                throw DevToolsError.sessionEnded(method: DOMDomain.GetFrameOwner.method)
            }
            let around = targets.connection.session(parent.session)
            let owner = try await around.send(DOMDomain.GetFrameOwner(outer.info.id))
            let place = try await around.send(DOMDomain.GetBoxModel(owner))
            (x, y, session) = (x + place.x, y + place.y, parent.session)
        }
        return (x, y)
    }
}
