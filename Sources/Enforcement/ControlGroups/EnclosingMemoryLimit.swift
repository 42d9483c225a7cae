import Linux
import Policy
import SystemPackage

/// Whether the cgroup this process was started in, such as that of a unit with MemoryMax=, limits its memory.
enum EnclosingMemoryLimit {
    /// Whether it does, or one above it. False also where there is no cgroup of version 2 to ask: then nobody here knows of
    /// a limit.
    static var isThere: Bool {
        guard let own = try? ControlGroupPath.own() else { return false }
        var path = own
        while path != .root {
            // Without the file there is no controller here, or nothing mounted any more.
            if let text = try? FileSystem.read((path / "memory.max").text, limit: 4096), !text.starts(with: "max".utf8)
            {
                return true
            }
            path = path.parent
        }
        return false
    }
}
