import Configuration
import Policy
import Time

/// Watches the files of the configuration of a running gateway, and has it take over what changes.
public struct ConfigurationWatch: Sendable {
    private let reload: ConfigurationReload
    private let changes: FileChanges
    private let settling: Duration

    /// `settling` is the time without change after which a writer has finished.
    init(_ reload: ConfigurationReload, changes: FileChanges = FileChanges(), settling: Duration = .milliseconds(200)) {
        self.reload = reload
        self.changes = changes
        self.settling = settling
    }

    /// Watches until the task is cancelled.
    public func run() async {
        var files = [reload.configuration.instance.configurationFile.value]
        changes.watch(files)
        // Nothing was seen yet: the file may have changed since the start read it.
        var seen: [FileFingerprint?]?
        changes.look()
        for await _ in changes.signs {
            var now = files.map { FileFingerprint($0) }
            guard now != seen else { continue }
            if seen != nil {
                var last: [FileFingerprint?]
                repeat {
                    last = now
                    guard await pause(for: settling) else { return }
                    now = files.map { FileFingerprint($0) }
                } while now != last
                let debounce = reload.configuration.content.gateway.reload.debounce
                guard await pause(for: debounce.duration) else { return }
                now = files.map { FileFingerprint($0) }
            }
            seen = now
            guard let snapshot = reload.readConfiguration() else { continue }
            reload.take(snapshot)
            // Behind a link that leads elsewhere now are other directories.
            changes.watch(snapshot.files)
            if snapshot.files != files {
                // What came with the new files was read before they were watched.
                files = snapshot.files
                seen = nil
                changes.look()
            }
        }
    }

    /// False when the task was cancelled.
    private func pause(for duration: Duration) async -> Bool {
        (try? await Task.sleep(for: duration)) != nil
    }
}
