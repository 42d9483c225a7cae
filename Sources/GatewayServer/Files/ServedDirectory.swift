import Files
import Glibc
import Policy

/// A directory whose files are served, and nothing beside it.
///
/// Agents write here, so no name is trusted: each component is opened in the directory before it, and a
/// symbolic link is refused wherever it stands (openat(2), O_NOFOLLOW).
struct ServedDirectory: Sendable {
    /// Its path. Not followed when it is a symbolic link itself.
    let root: AbsolutePath

    /// What stands at a path.
    enum Entry {
        case file(ServedFile, name: String)
        case directory
        case none
    }

    /// Looks `components` up below the root.
    func entry(_ components: [String]) -> Entry {
        var directory = open(root.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { return .none }
        guard let last = components.last else {
            close(directory)
            return .directory
        }
        for component in components.dropLast() {
            let next = openat(directory, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(directory)
            guard next >= 0 else { return .none }
            directory = next
        }
        // O_NONBLOCK: opening a FIFO must not wait for its writer.
        let descriptor = openat(directory, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        close(directory)
        guard descriptor >= 0 else { return .none }
        let file = OpenFile(descriptor, at: root)
        guard let attributes = try? file.attributes() else { return .none }
        switch attributes.kind {
        case .regular: return .file(ServedFile(file: file, size: attributes.size), name: last)
        case .directory: return .directory
        case .symbolicLink, .other: return .none
        }
    }
}
