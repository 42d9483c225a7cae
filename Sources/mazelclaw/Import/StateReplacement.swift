import Files
import Gateway
import Glibc
import Linux
import Policy
import SystemPackage
import Time

/// A state directory that is made anew beside the one that is there, and takes its place at one moment.
///
/// Until then a file in the new one says that it is not whole: whoever is killed leaves that behind, and it is removed the
/// next time. From then on the name of the new one is that of what was there before, which stays.
struct StateReplacement {
    /// The state directory, links resolved.
    let state: AbsolutePath
    /// Where the new one is made, and what was there before is kept.
    let place: AbsolutePath

    private static let marker = "import.unfinished"
    private var marker: AbsolutePath { place / Self.marker }

    /// Makes a new, empty directory for the state directory `path`. The lock of the instance is held for it.
    ///
    /// Throws `StorageError`, or `Errno` where nothing can be made beside it.
    init(beside path: AbsolutePath, at time: Timestamp) throws {
        state = Self.resolved(path)
        let parent = state.parent
        let prefix = "\(state.lastComponent).before-import-"
        for name in try FileSystem.entries(of: parent.text) where name.hasPrefix(prefix) {
            let left = parent / name
            if Self.exists(left / Self.marker) { try TreeRemoval.remove(left) }
        }
        let stamp = RFC3339.text(time).filter(\.isNumber)
        place = parent / "\(prefix)\(stamp)"
        try FileSystem.makeDirectory(place.text, mode: 0o700)
        try FileDescriptor.open(
            FilePath(marker.text), .writeOnly, options: [.create, .exclusiveCreate],
            permissions: .ownerReadWrite
        ).close()
    }

    /// One that never takes its place: made where files are that nobody keeps. Throws `Errno`.
    init(tryingFor path: AbsolutePath) throws(Errno) {
        state = Self.resolved(path)
        let parent = OwnProcess.variable("TMPDIR").flatMap(AbsolutePath.init) ?? AbsolutePath.root / "var/tmp"
        let name = "mazelclaw-import-\(getpid())-\(UInt32.random(in: .min ... .max))"
        place = parent / name
        try FileSystem.makeDirectory(place.text, mode: 0o700)
    }

    /// One that another process has begun, in `place`.
    init(of path: AbsolutePath, begunIn place: AbsolutePath) {
        state = Self.resolved(path)
        self.place = place
    }

    /// Gives the new directory, which is empty, to another user.
    func give(to owner: FileStatus, groupID: UInt32) throws(Errno) {
        for path in [place.text, marker.text] {
            let file = try FileDescriptor.workingDirectory.open(path, flags: O_RDONLY | O_NOFOLLOW)
            defer { file.discard() }
            try FileSystem.setOwner(file, userID: owner.userID, groupID: groupID)
        }
    }

    /// Says that the new directory is whole. Throws `Errno`.
    func finish() throws(Errno) {
        // Everything in it, and the marker's end after that.
        sync()
        try FileSystem.unlink(marker.text)
        try Self.flush(place)
    }

    /// Whether it is whole.
    var isFinished: Bool { !Self.exists(marker) }

    /// Whether there is a state directory to be replaced.
    var isReplacement: Bool { Self.exists(state) }

    /// Puts the new directory in its place. What was there before is at `place` afterwards. Throws `ServiceError`, after which
    /// all is as it was.
    func commit() throws(ServiceError) {
        do throws(Errno) {
            if isReplacement {
                try FileSystem.exchange(place.text, with: state.text)
            } else {
                try FileSystem.renameAnew(place.text, to: state.text)
            }
            try Self.flush(state.parent)
        } catch {
            throw ServiceError(
                error == .invalidArgument
                    ? "the file system of \(state) cannot exchange two directories; move the profile to another one"
                    : "cannot put \(place) in the place of \(state): \(error)")
        }
    }

    /// Removes the new directory, which has not taken its place.
    func abandon() throws(StorageError) { try TreeRemoval.remove(place) }

    private static func exists(_ path: AbsolutePath) -> Bool { (try? FileStatus(of: path.text, follow: false)) != nil }

    private static func resolved(_ path: AbsolutePath) -> AbsolutePath {
        guard let real = realpath(path.text, nil) else {
            // What is not there yet is looked for where its directory is.
            guard let parent = realpath(path.parent.text, nil) else { return path }
            defer { free(parent) }
            return AbsolutePath("\(String(cString: parent))/\(path.lastComponent)") ?? path
        }
        defer { free(real) }
        return AbsolutePath(String(cString: real)) ?? path
    }

    private static func flush(_ directory: AbsolutePath) throws(Errno) {
        let file = try FileDescriptor.workingDirectory.open(directory.text, flags: O_RDONLY | O_DIRECTORY)
        defer { file.discard() }
        try FileSystem.synchronize(file)
    }
}
