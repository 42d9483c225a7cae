import Synchronization

/// The models that are asked without tools, because their service takes none with them.
final class ToollessModels: Sendable {
    private let ids = Mutex<Set<String>>([])

    func contains(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }

    func insert(_ id: String) { _ = ids.withLock { $0.insert(id) } }
}
