import DevTools
import JSON
import Synchronization

/// What a page writes to its console, what goes wrong in it, what it asks of servers, and its dialogs, from the time on that
/// it is watched.
///
/// A dialog holds the page up until somebody answers it. Nobody is there to, so each is dismissed, unless it was said before
/// what the next one is to be answered.
final class PageWatch: Sendable {
    private struct State {
        var console = Records(limit: 500)
        var errors = Records(limit: 200)
        var requests = Records(limit: 500)
        /// What the next dialog is answered.
        var nextDialog: PageDomain.HandleJavaScriptDialog?
    }

    /// What of it is asked for.
    enum Kind: String, Sendable {
        case console, errors, requests
    }

    private let state = Mutex(State())
    private let task = Mutex<Task<Void, Never>?>(nil)
    /// Who waits for the next file chooser.
    private let chooser = Mutex<Task<Void, Never>?>(nil)
    private let session: DevToolsSession

    private static let events = [
        RuntimeDomain.ConsoleAPICalled.method, RuntimeDomain.ExceptionThrown.method, LogDomain.EntryAdded.method,
        NetworkDomain.RequestWillBeSent.method, NetworkDomain.ResponseReceived.method,
        NetworkDomain.LoadingFailed.method, PageDomain.JavaScriptDialogOpening.method,
    ]

    private init(_ session: DevToolsSession) {
        self.session = session
    }

    deinit {
        task.withLock { $0?.cancel() }
        chooser.withLock { $0?.cancel() }
    }

    /// Watches the page of `session`. Throws `DevToolsError`.
    static func start(_ session: DevToolsSession) async throws -> PageWatch {
        let watch = PageWatch(session)
        let events = session.events(of: events)
        let task = Task { [weak watch] in
            do {
                while let event = try await events.next() {
                    guard let watch else { return }
                    // An event of a form that nobody knows tells nothing.
                    try? await watch.take(event, session)
                }
            } catch {
                // The page or the browser is gone, and what was seen is kept as long as anybody asks for it.
            }
        }
        watch.task.withLock { $0 = task }
        try await session.send(PageDomain.Enable())
        try await session.send(PageDomain.SetLifecycleEventsEnabled())
        try await session.send(RuntimeDomain.Enable())
        try await session.send(LogDomain.Enable())
        try await session.send(NetworkDomain.Enable())
        return watch
    }

    /// What was seen of `kind`; forgotten then when `clears`.
    func records(_ kind: Kind, clears: Bool) -> [JSONObject] {
        state.withLock { state in
            switch kind {
            case .console:
                defer { if clears { state.console.clear() } }
                return state.console.all
            case .errors:
                defer { if clears { state.errors.clear() } }
                return state.errors.all
            case .requests:
                defer { if clears { state.requests.clear() } }
                return state.requests.all
            }
        }
    }

    /// Has the next dialog answered by `answer`.
    func answerNextDialog(_ answer: PageDomain.HandleJavaScriptDialog) {
        state.withLock { $0.nextDialog = answer }
    }

    /// Gives `files` to the next file chooser that opens within `time`. What comes of that is told with what goes wrong in the
    /// page. Throws `DevToolsError`.
    func answerNextFileChooser(_ files: [String], within time: Duration) async throws {
        let earlier = chooser.withLock { $0 }
        earlier?.cancel()
        // Its end would be the end of ours.
        await earlier?.value
        let isReady = Changes()
        let task = Task { [weak self, session] in
            do {
                try await FileChooser.answer(files, in: session, within: time) { isReady.tell() }
            } catch {
                isReady.tell()
                guard !Task.isCancelled else { return }
                self?.state.withLock { $0.errors.add(["message": .string("\(error)"), "url": ""]) }
            }
        }
        chooser.withLock { $0 = task }
        // Whoever asked may have it open from now on.
        _ = try await isReady.value(within: time) { isReady.count > 0 ? true : nil }
    }

    private func take(_ event: Message.Event, _ session: DevToolsSession) async throws {
        if let call = try event.as(RuntimeDomain.ConsoleAPICalled.self) {
            var record: JSONObject = [
                "type": .string(call.type), "text": .string(call.text), "timestamp": .double(call.timestamp),
            ]
            if let place = call.place {
                record["location"] = ["url": .string(place.url), "lineNumber": .integer(place.line)]
            }
            state.withLock { $0.console.add(record) }
        } else if let entry = try event.as(LogDomain.EntryAdded.self) {
            state.withLock {
                $0.console.add([
                    "type": .string(entry.level), "text": .string(entry.text), "timestamp": .double(entry.timestamp),
                    "location": ["url": .string(entry.url)],
                ])
            }
        } else if let thrown = try event.as(RuntimeDomain.ExceptionThrown.self) {
            state.withLock {
                $0.errors.add([
                    "message": .string(thrown.text), "url": .string(thrown.url),
                    "timestamp": .double(thrown.timestamp),
                ])
            }
        } else if let dialog = try event.as(PageDomain.JavaScriptDialogOpening.self) {
            let answer = state.withLock { state in
                defer { state.nextDialog = nil }
                return state.nextDialog
            }
            try await session.send(answer ?? PageDomain.HandleJavaScriptDialog(accepts: false))
            state.withLock {
                $0.console.add([
                    "type": "dialog", "text": .string("\(dialog.type): \(dialog.message)"),
                    "accepted": .bool(answer?.accepts ?? false),
                ])
            }
        } else {
            try takeRequest(event)
        }
    }

    private func takeRequest(_ event: Message.Event) throws {
        if let request = try event.as(NetworkDomain.RequestWillBeSent.self) {
            state.withLock {
                $0.requests.add([
                    "id": .string(request.id), "timestamp": .double((request.wallTime * 1000).rounded()),
                    "method": .string(request.verb), "url": .string(request.url),
                    "resourceType": .string(request.type.lowercased()),
                ])
            }
        } else if let response = try event.as(NetworkDomain.ResponseReceived.self) {
            state.withLock {
                $0.requests.change({ $0["id"]?.string == response.id }) { record in
                    record["status"] = .integer(response.status)
                    record["ok"] = .bool((200..<400).contains(response.status))
                }
            }
        } else if let failure = try event.as(NetworkDomain.LoadingFailed.self) {
            state.withLock {
                $0.requests.change({ $0["id"]?.string == failure.id }) { record in
                    record["ok"] = false
                    record["failureText"] = .string(failure.errorText)
                }
            }
        }
    }
}
