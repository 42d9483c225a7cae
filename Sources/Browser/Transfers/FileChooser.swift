import DevTools

/// A page's file choosers, which nobody sees: they are answered here.
enum FileChooser {
    /// Gives `files` to the next file chooser of `session` that opens within `time`, after `trigger`. Throws `BrowserFault` when
    /// none does, or it takes one file only.
    static func answer(
        _ files: [String], in session: DevToolsSession, within time: Duration,
        after trigger: @Sendable () async throws -> Void
    ) async throws {
        let events = session.events(of: [PageDomain.FileChooserOpened.method])
        try await session.send(PageDomain.SetInterceptFileChooserDialog(true))
        let result: Result<Void, any Error>
        do {
            try await trigger()
            result = .success(try await answer(files, in: session, within: time, events))
        } catch {
            result = .failure(error)
        }
        // Whatever came of it; a page that is gone shows none any more.
        _ = try? await session.send(PageDomain.SetInterceptFileChooserDialog(false))
        try result.get()
    }

    private static func answer(
        _ files: [String], in session: DevToolsSession, within time: Duration, _ events: EventStream
    ) async throws {
        let event = try await Deadline.value(within: time) { try await events.next() }
        guard let opened = try event??.as(PageDomain.FileChooserOpened.self) else {
            throw BrowserFault(400, "no file chooser opened within \(time)")
        }
        guard let node = opened.node else { throw BrowserFault(400, "the file chooser belongs to no element") }
        guard files.count == 1 || opened.takesSeveral else {
            throw BrowserFault(400, "the file chooser takes one file")
        }
        try await session.send(DOMDomain.SetFileInputFiles(files, in: node))
    }
}
