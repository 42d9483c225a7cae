import Files
import Policy

/// What shows that a file changed, without reading it (stat(2)).
struct FileFingerprint: Equatable {
    private var identity: FileIdentity
    private var size: Int
    private var modified: FileAttributes.Moment

    /// That of the file at `path`, or nil when there is none to look at.
    init?(_ path: AbsolutePath) {
        guard let attributes = FileAttributes(at: path) else { return nil }
        (identity, size, modified) = (attributes.identity, attributes.size, attributes.modified)
    }
}
