import Synchronization

/// The pages, frames and workers of a browser, as they come and go.
///
/// Everything is attached to as soon as it is there, frames that have a process of their own and workers too. What the browser
/// tells is taken in by one task; who asks for something that was told of a moment ago may have to wait for it.
package final class Targets: Sendable {
    private struct State {
        /// In the order in which they came.
        var targets: [TargetInfo] = []
        var sessions: [TargetID: SessionID] = [:]
        /// In the order in which they came.
        var frames: [Frame] = []
        /// Those whose process is gone, until they are loaded anew.
        var crashed: Set<TargetID> = []
        var end: DevToolsError?
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastWaiting = 0
    }

    /// The browser's connection.
    package let connection: DevToolsConnection
    private let state = Mutex(State())
    private let watching = Mutex<Task<Void, Never>?>(nil)

    private static let events = [
        TargetDomain.TargetCreated.method, TargetDomain.TargetInfoChanged.method, TargetDomain.TargetDestroyed.method,
        TargetDomain.TargetCrashed.method, TargetDomain.AttachedToTarget.method,
        TargetDomain.DetachedFromTarget.method, PageDomain.FrameAttached.method, PageDomain.FrameNavigated.method,
        PageDomain.FrameDetached.method,
    ]

    private init(_ connection: DevToolsConnection) {
        self.connection = connection
    }

    deinit { watching.withLock { $0?.cancel() } }

    /// Watches the browser of `connection`, of which those targets are known when this returns that are there now.
    /// Throws `DevToolsError` and `CancellationError`.
    package static func watch(_ connection: DevToolsConnection) async throws -> Targets {
        let targets = Targets(connection)
        let events = connection.events(of: events, in: .everywhere)
        let task = Task { [weak targets] in
            var fault: DevToolsError?
            do {
                while let event = try await events.next() {
                    guard let targets else { return }
                    try targets.take(event)
                }
            } catch {
                fault = error as? DevToolsError
            }
            targets?.end(fault ?? .disconnected(reason: "it is watched no more"))
        }
        targets.watching.withLock { $0 = task }
        try await connection.browser.send(TargetDomain.SetDiscoverTargets())
        try await connection.browser.send(TargetDomain.SetAutoAttach())
        for info in try await connection.browser.send(TargetDomain.GetTargets()) where info.type == "page" {
            _ = try await targets.session(of: info.id)
        }
        return targets
    }

    // MARK: What there is

    /// Every target, in the order in which they came.
    package var all: [TargetInfo] { state.withLock { $0.targets } }

    /// The pages, in the order in which they came.
    package var pages: [TargetInfo] { all.filter { $0.type == "page" } }

    /// Asks the browser how the targets are now, and waits for the answer: it does not tell by itself of every new title. Throws
    /// `DevToolsError` and `CancellationError`.
    package func refresh() async throws {
        let infos = try await connection.browser.send(TargetDomain.GetTargets())
        state.withLock { state in
            for info in infos {
                guard let index = state.targets.firstIndex(where: { $0.id == info.id }) else { continue }
                state.targets[index] = info
            }
        }
    }

    /// What is known of `target`; nil when there is no such target.
    package func info(of target: TargetID) -> TargetInfo? { all.first { $0.id == target } }

    /// Whether the process of `target` crashed, and it was not loaded anew.
    package func hasCrashed(_ target: TargetID) -> Bool { state.withLock { $0.crashed.contains(target) } }

    /// The frames of `page`: its own first, each before those in it.
    package func frames(of page: TargetID) -> [Frame] {
        let frames = state.withLock { $0.frames }
        var found: [Frame] = []
        var open = frames.filter { $0.info.id.text == page.text }
        while let frame = open.popLast() {
            found.append(frame)
            open += frames.filter { $0.info.parent == frame.info.id }.reversed()
        }
        return found
    }

    /// The session of `target`, waiting for one for as long as an answer. Throws `DevToolsError.sessionEnded` when there is no
    /// such target by then, and what ended the connection.
    package func session(of target: TargetID) async throws -> DevToolsSession {
        let id = try await value(within: connection.limits.answer) { $0.sessions[target] }
        guard let id else { throw DevToolsError.sessionEnded(method: TargetDomain.AttachToTarget.method) }
        return connection.session(id)
    }

    /// Waits until there is no `target`; false when it is there after `time`. Throws what ended the connection.
    package func waitForEnd(of target: TargetID, within time: Duration) async throws -> Bool {
        try await value(within: time) { state in state.targets.contains { $0.id == target } ? nil : true } ?? false
    }

    /// Waits until `condition` holds for the frames of `page`; false when it does not after `time`. Throws what ended the
    /// connection.
    package func wait(
        forFramesOf page: TargetID, within time: Duration, until condition: @Sendable ([Frame]) -> Bool
    ) async throws -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + time
        while clock.now < end {
            if condition(frames(of: page)) { return true }
            try await waitForChange(within: clock.now.duration(to: end)) { _ in condition(frames(of: page)) }
        }
        return condition(frames(of: page))
    }

    // MARK: Waiting

    /// What `look` finds, when it does within `time`. Throws what ended the connection.
    private func value<Value: Sendable>(within time: Duration, _ look: (State) -> Value?) async throws -> Value? {
        let clock = ContinuousClock()
        let end = clock.now + time
        while true {
            let (found, fault) = state.withLock { (look($0), $0.end) }
            if let found { return found }
            if let fault { throw fault }
            guard clock.now < end else { return nil }
            try await waitForChange(within: clock.now.duration(to: end)) { look($0) != nil || $0.end != nil }
        }
    }

    /// Waits for a change, for `time` at most, unless `isThere` already.
    private func waitForChange(within time: Duration, unless isThere: (State) -> Bool) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.lastWaiting += 1
            return state.lastWaiting
        }
        let timer = Task { [weak self] in
            // Cancelled means that nobody waits any more.
            guard (try? await Task.sleep(for: time)) != nil else { return }
            self?.wake(id)
        }
        defer { timer.cancel() }
        // The frames are looked at under the same lock that registering takes: a look first, then once more when registered.
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiting[id] = continuation }
                if Task.isCancelled || isThere(state.withLock { $0 }) { wake(id) }
            }
        } onCancel: {
            wake(id)
        }
    }

    private func wake(_ id: Int) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }

    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, waiting) = state.withLock { state in
            let value = body(&state)
            defer { state.waiting = [:] }
            return (value, state.waiting.values)
        }
        for waiter in waiting { waiter.resume() }
        return value
    }

    private func end(_ fault: DevToolsError) {
        change { $0.end = fault }
    }

    // MARK: What the browser tells

    private func take(_ event: Message.Event) throws(DevToolsError) {
        if let created = try event.as(TargetDomain.TargetCreated.self) {
            put(created.target)
        } else if let changed = try event.as(TargetDomain.TargetInfoChanged.self) {
            put(changed.target)
        } else if let destroyed = try event.as(TargetDomain.TargetDestroyed.self) {
            change { state in
                state.targets.removeAll { $0.id == destroyed.target }
                state.crashed.remove(destroyed.target)
            }
        } else if let crashed = try event.as(TargetDomain.TargetCrashed.self) {
            change { state in
                guard state.targets.contains(where: { $0.id == crashed.target }) else { return }
                state.crashed.insert(crashed.target)
            }
        } else if let attached = try event.as(TargetDomain.AttachedToTarget.self) {
            attach(attached.target, attached.session)
        } else if let detached = try event.as(TargetDomain.DetachedFromTarget.self) {
            change { state in
                state.sessions = state.sessions.filter { $0.value != detached.session }
                state.frames.removeAll { $0.session == detached.session }
            }
        } else if let session = event.session {
            try takeFrame(event, session)
        }
    }

    private func put(_ target: TargetInfo) {
        change { state in
            if let index = state.targets.firstIndex(where: { $0.id == target.id }) {
                state.targets[index] = target
            } else {
                state.targets.append(target)
            }
        }
    }

    private func attach(_ target: TargetInfo, _ session: SessionID) {
        let isNew = change { state in
            if !state.targets.contains(where: { $0.id == target.id }) { state.targets.append(target) }
            // A second session of one target is somebody's own.
            guard state.sessions[target.id] == nil else { return false }
            state.sessions[target.id] = session
            return true
        }
        guard isNew, ["page", "iframe"].contains(target.type) else { return }
        // Not waited for here: what the browser tells meanwhile must be taken in.
        Task { [weak self, connection] in
            let session = connection.session(session)
            do {
                try await session.send(PageDomain.Enable())
                try await session.send(TargetDomain.SetAutoAttach())
                let frames = try await session.send(PageDomain.GetFrameTree())
                self?.know(frames, session)
            } catch {
                // It went as it came.
            }
        }
    }

    /// Takes in the frames that were there when `session` began. What was told of since is newer.
    private func know(_ frames: [FrameInfo], _ session: DevToolsSession) {
        guard let session = session.id else { return }
        change { state in
            guard state.sessions.values.contains(session) else { return }
            for frame in frames {
                if let index = state.frames.firstIndex(where: { $0.info.id == frame.id }) {
                    guard state.frames[index].session != session else { continue }
                    // It came over from another process; the session that it is in now does not know what it is in.
                    let parent = frame.parent ?? state.frames[index].info.parent
                    state.frames[index] = Frame(info: frame, session: session)
                    state.frames[index].info.parent = parent
                } else {
                    state.frames.append(Frame(info: frame, session: session))
                }
            }
        }
    }

    private func takeFrame(_ event: Message.Event, _ session: SessionID) throws(DevToolsError) {
        if let attached = try event.as(PageDomain.FrameAttached.self) {
            change { state in
                let info = FrameInfo(id: attached.frame, parent: attached.parent, url: "", name: "")
                guard !state.frames.contains(where: { $0.info.id == info.id }) else { return }
                state.frames.append(Frame(info: info, session: session))
            }
        } else if let navigated = try event.as(PageDomain.FrameNavigated.self) {
            change { state in
                state.crashed.remove(TargetID(navigated.frame.id.text))
                let index = state.frames.firstIndex { $0.info.id == navigated.frame.id }
                var frame = Frame(info: navigated.frame, session: session)
                guard let index else { return state.frames.append(frame) }
                frame.info.parent = frame.info.parent ?? state.frames[index].info.parent
                state.frames[index] = frame
            }
        } else if let detached = try event.as(PageDomain.FrameDetached.self), !detached.isSwap {
            change { state in
                var gone = [detached.frame]
                while let id = gone.popLast() {
                    gone += state.frames.filter { $0.info.parent == id }.map(\.info.id)
                    state.frames.removeAll { $0.info.id == id }
                }
            }
        }
    }
}
