import Linux
import Policy
import SystemPackage

/// Makes an overlay in a root that is being built.
///
/// overlayfs takes its layers as paths. They stand in a corner of the new root while it is made, and are then gone from
/// the tree: the overlay holds on to them, and nobody inside can reach them beside it.
struct OverlayMount {
    /// The root that is being built.
    let root: FileDescriptor
    /// The path at which the root is being built.
    let path: AbsolutePath

    private static let corner = ".overlay"

    /// An overlay whose changes are kept in a new tmpfs of `bytes` bytes, with the directory `lower` below them.
    func make(over lower: MountTree, bytes: UInt64, attributes: MountAttributes) throws(Errno) -> MountTree {
        try FileSystem.makeDirectory(Self.corner, in: root, mode: 0o700)
        let changes = try MountTree(temporary: bytes, mode: 0o700, [.noSetUserID, .noDevices])
        defer { changes.root.discard() }
        try changes.attach(at: Self.corner, in: root)
        for name in ["lower", "upper", "work"] {
            try FileSystem.makeDirectory(name, in: changes.root, mode: 0o700)
        }
        // The root of the overlay has the upper directory's mode.
        try FileSystem.setMode("upper", in: changes.root, try FileStatus(of: lower.root).mode)
        try lower.restrict([.readOnly, .noSetUserID, .noDevices], recursive: true)
        try lower.attach(at: "lower", in: changes.root)
        let place = (path / Self.corner).text
        let context = try FileSystemContext("overlay")
        try context.set("lowerdir", to: "\(place)/lower")
        try context.set("upperdir", to: "\(place)/upper")
        try context.set("workdir", to: "\(place)/work")
        // Without it a mount in a user namespace is refused (EPERM).
        try context.set("userxattr")
        let overlay = try MountTree(of: context, attributes)
        try Mounts.detach(place)
        try FileSystem.removeDirectory(Self.corner, in: root)
        return overlay
    }
}
