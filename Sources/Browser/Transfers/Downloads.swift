import DevTools
import Files
import Glibc
import Policy
import Synchronization

/// The downloads of a browser that was started here.
///
/// Chromium writes each into the profile's directory, under a name of its own. Complete, it gets the name that the server or
/// the page suggested, as far as that is a name, and with a number where there is such a file already. A page decides nothing
/// else, and no file is written over.
final class Downloads: Sendable {
    private struct State {
        /// The latest, oldest first.
        var all: [Download] = []
        /// How many were forgotten before those.
        var forgotten = 0
        /// Why those were ended that were ended here.
        var reasons: [String: String] = [:]
    }

    /// How many are remembered.
    private static let memory = 200

    private let profile: ProfileDirectory
    private let limit: Int64
    private let browser: DevToolsSession
    private let state = Mutex(State())
    private let changes = Changes()
    private let watching = Mutex<Task<Void, Never>?>(nil)

    private init(_ browser: DevToolsSession, of profile: ProfileDirectory, limit: Int64) {
        (self.browser, self.profile, self.limit) = (browser, profile, limit)
    }

    deinit { watching.withLock { $0?.cancel() } }

    /// Has `browser` keep its downloads in those of `profile`, which are there, each of at most `limit` bytes. Throws
    /// `DevToolsError`.
    static func keep(
        _ browser: DevToolsSession, in profile: ProfileDirectory, limit: Int64
    ) async throws -> Downloads {
        let downloads = Downloads(browser, of: profile, limit: limit)
        let events = browser.events(
            of: [BrowserDomain.DownloadWillBegin.method, BrowserDomain.DownloadProgress.method])
        let task = Task { [weak downloads] in
            do {
                while let event = try await events.next() {
                    guard let downloads else { return }
                    // An event of a form that nobody knows tells nothing.
                    try? downloads.take(event)
                }
            } catch {
                // The browser is gone.
            }
            downloads?.endAll()
        }
        downloads.watching.withLock { $0 = task }
        try await browser.send(BrowserDomain.SetDownloadBehavior(.keep(directory: profile.path(.downloads))))
        return downloads
    }

    /// The latest, oldest first.
    var all: [Download] { state.withLock { $0.all } }

    /// How many there were so far.
    var count: Int { state.withLock { $0.forgotten + $0.all.count } }

    /// Waits for the end of the first that `isWanted`, after the first `seen`; nil when none ends within `time`. Throws
    /// `CancellationError`.
    func next(
        after seen: Int, within time: Duration, where isWanted: @escaping @Sendable (Download) -> Bool
    ) async throws -> Download? {
        try await changes.value(within: time) { [self] in
            let wanted = state.withLock { state in
                state.all.dropFirst(max(0, seen - state.forgotten)).first(where: isWanted)
            }
            return wanted?.state == .inProgress ? nil : wanted
        }
    }

    private func take(_ event: Message.Event) throws(DevToolsError) {
        if let begin = try event.as(BrowserDomain.DownloadWillBegin.self) {
            state.withLock { state in
                state.all.append(
                    Download(
                        guid: begin.guid, frame: begin.frame, url: begin.url, suggestedName: begin.suggestedName))
                guard state.all.count > Self.memory else { return }
                state.forgotten += state.all.count - Self.memory
                state.all.removeFirst(state.all.count - Self.memory)
            }
        } else if let progress = try event.as(BrowserDomain.DownloadProgress.self) {
            take(progress)
        }
        changes.tell()
    }

    private func take(_ progress: BrowserDomain.DownloadProgress) {
        guard
            let download = change(
                progress.guid,
                { download in
                    download.received = Int64(clamping: progress.receivedBytes)
                    download.total = Int64(clamping: progress.totalBytes)
                })
        else { return }
        switch progress.state {
        case .inProgress:
            guard max(download.received, download.total) > limit else { return }
            let isNew = state.withLock { state in
                state.reasons.updateValue(tooLarge, forKey: download.guid) == nil
            }
            guard isNew else { return }
            Task { [browser] in
                // One that ended meanwhile needs no end.
                try? await browser.send(BrowserDomain.CancelDownload(download.guid))
            }
        case .completed: end(download, keep(download))
        case .canceled: end(download, .failed(reason: discard(download)))
        }
    }

    private var tooLarge: String { "it is larger than \(limit) bytes" }

    /// Changes the one called `guid`, and returns it.
    private func change(_ guid: String, _ body: (inout Download) -> Void) -> Download? {
        state.withLock { state in
            guard let index = state.all.lastIndex(where: { $0.guid == guid }) else { return nil }
            body(&state.all[index])
            return state.all[index]
        }
    }

    private func end(_ download: Download, _ result: Download.State) {
        _ = change(download.guid) { $0.state = result }
        state.withLock { _ = $0.reasons.removeValue(forKey: download.guid) }
    }

    private func endAll() {
        state.withLock { state in
            for index in state.all.indices where state.all[index].state == .inProgress {
                state.all[index].state = .failed(reason: "the browser ended before it was complete")
            }
        }
        changes.tell()
    }

    // MARK: Files

    /// Where Chromium writes it; nil when it has a name that Chromium does not give.
    private func name(_ download: Download) -> String? {
        let isGUID = download.guid.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
        }
        return isGUID && !download.guid.isEmpty ? download.guid : nil
    }

    /// Gives the file of one that is complete its name.
    private func keep(_ download: Download) -> Download.State {
        guard max(download.received, download.total) <= limit else {
            _ = discard(download)
            return .failed(reason: tooLarge)
        }
        guard let own = name(download) else { return .failed(reason: "it has no file") }
        let directory = profile.path(.downloads)
        do throws(StorageError) {
            let file = try profile.file(own, in: .downloads)
            guard try file.attributes("read") != nil else { throw .missing("read", file.path) }
            let wanted = DownloadName(download.suggestedName)
            for number in 1...1000 {
                let name = number == 1 ? wanted.text : wanted.numbered(number)
                let path = "\(directory)/\(name)"
                // Unlike a renaming, a link is never made over another file (link(2)).
                let fault = file.linkTo(name)
                if fault == 0 {
                    try file.remove()
                    try profile.file(name, in: .downloads).makePrivate()
                    return .complete(path: path)
                }
                guard fault == EEXIST else {
                    return .failed(
                        reason: "\(file.path) cannot be called \(path): \(String(cString: strerror(fault)))")
                }
            }
            return .failed(reason: "there are too many files called \(wanted.text) in \(directory)")
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    /// Removes what came of one that is not complete. Returns why it is not.
    private func discard(_ download: Download) -> String {
        let reason = state.withLock { $0.reasons[download.guid] }
        // Before there is room again.
        let free = freeBytes
        if let own = name(download), let file = try? profile.file(own, in: .downloads) {
            for suffix in ["", ".crdownload"] { file.discard(suffix) }
        }
        if let reason { return reason }
        guard let free, free <= max(Self.little, download.total - download.received) else {
            return "the browser gave it up: it was cancelled, or the connection broke off"
        }
        return "the disk is full: \(free) bytes are free for \(profile.path(.downloads))"
    }

    /// What is as good as nothing, in bytes.
    private static let little: Int64 = 64 << 10

    /// What is free where they are written, in bytes.
    private var freeBytes: Int64? {
        AbsolutePath(profile.path(.downloads)).flatMap { try? DirectoryState.room(in: $0) }.map(Int64.init(clamping:))
    }
}

extension Int64 {
    /// The whole part of `number`, as far as it is one.
    fileprivate init(clamping number: Double) {
        self = Int64(exactly: number.rounded(.down)) ?? (number > 0 ? .max : 0)
    }
}
