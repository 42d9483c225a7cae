public import Files
import JSON
public import Policy

/// What a rescue sees of the instance it may help: copies in `repair/` of its own state directory, which the host writes
/// while a grant lasts, and the one file that it writes itself.
///
/// The directory is the rescue's. The host believes nothing that stands there, and takes the proposal as what a stranger
/// sent.
public struct StagedRepair: Sendable {
    /// The files the host writes.
    public enum File: String, Sendable, CaseIterable {
        /// The configuration, with `<secret>` for each secret.
        case configuration = "configuration.json5"
        /// The newest lines of the log, redacted.
        case log = "log.txt"
        /// The unit and what answers on the port.
        case status = "status.txt"
        /// What `doctor` finds.
        case doctor = "doctor.txt"
        /// The grant: whose, how long, what became of the last proposal. Written last, and removed first: while it is there,
        /// so are the others.
        case manifest = "manifest.json"

        /// How much of each is staged, in bytes.
        public static let limit = 256 << 10
    }

    private let state: HostileDirectory
    private let directory: AbsolutePath
    private var proposal: AbsolutePath { directory / "proposal.json" }

    /// That of the instance with this state directory.
    public init(stateDirectory: AbsolutePath) {
        state = HostileDirectory(stateDirectory)
        directory = stateDirectory / "repair"
    }

    // MARK: The host

    /// Writes `files`, and takes away those that are not among them. Throws `StorageError`.
    public func stage(_ files: [File: String]) throws(StorageError) {
        try state.makeDirectory(directory)
        try state.makePrivate(directory)
        for file in File.allCases {
            guard let text = files[file] else {
                try remove(directory / file.rawValue)
                continue
            }
            try state.write(Array(text.utf8), to: directory / file.rawValue)
        }
    }

    /// What the rescue proposes, which is taken away with that; nil when it proposes nothing. Throws `StorageError` for what
    /// is no file of at most `RepairProposal.limit` bytes.
    public func takeProposal() throws(StorageError) -> [UInt8]? {
        do throws(StorageError) {
            guard let text = try state.read(proposal, limit: RepairProposal.limit) else { return nil }
            try remove(proposal)
            return text
        } catch {
            // It may be anything, and may not be removable either: then it is met again.
            try? remove(proposal)
            throw error
        }
    }

    /// Removes all of it. Throws `StorageError`.
    public func clear() throws(StorageError) {
        for file in File.allCases.reversed() { try remove(directory / file.rawValue) }
        try remove(proposal)
    }

    /// Removes the name, whatever it stands for, and what writers of it left behind that were killed.
    private func remove(_ file: AbsolutePath) throws(StorageError) {
        let place: FilePlace
        do throws(StorageError) {
            place = try state.place(of: file, "remove")
        } catch {
            if error.isMissing { return }
            throw error
        }
        for suffix in place.suffixes() where suffix.hasPrefix(".") && suffix.hasSuffix(".tmp") { place.discard(suffix) }
        try place.remove()
    }

    // MARK: The rescue

    /// The grant; nil when there is none. Throws `StorageError`.
    var manifest: RepairManifest? {
        get throws(StorageError) {
            guard let text = try text(.manifest) else { return nil }
            return (try? JSON(parsing: Array(text.utf8))).flatMap(RepairManifest.init)
        }
    }

    /// What stands in `file`; nil when the host has staged none. Throws `StorageError`.
    func text(_ file: File) throws(StorageError) -> String? {
        try state.read(directory / file.rawValue, limit: 2 * File.limit).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The proposal that the host has not taken yet; nil when there is none. Throws `StorageError`.
    var waiting: RepairProposal? {
        get throws(StorageError) {
            guard let text = try state.read(proposal, limit: RepairProposal.limit) else { return nil }
            return try? RepairProposal(parsing: text)
        }
    }

    /// Puts `proposed` before the host, in the place of one that it has not taken yet. Throws `StorageError`.
    func propose(_ proposed: RepairProposal) throws(StorageError) {
        try state.write(proposed.serialized, to: proposal)
    }
}
