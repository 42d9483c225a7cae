import Files
import Glibc
import JSON
import Policy

/// The right to write a configuration file, which one process has at a time.
///
/// A lock (flock(2)) on a file beside it, which stays when it is let go: whoever removed it could let two in. It ends
/// with the process that holds it, however that ends. The file names the profile the configuration belongs to.
struct ConfigurationLock: ~Copyable {
    private let file: OpenFile

    /// How long another process may hold it, in milliseconds.
    static let patience = 10_000

    /// Takes the lock of the configuration at `place` for `profile`. Throws `ConfigurationChangeError`.
    init(
        _ place: borrowing FilePlace, for profile: ProfileName, patience: Int = patience
    ) throws(ConfigurationChangeError) {
        let path = place.path(".lock")
        let lock: OpenFile
        let isLocked: Bool
        do throws(StorageError) {
            guard let opened = try place.open("lock", .updating, suffix: ".lock") else {
                throw .missing("lock", path)
            }
            lock = opened
            isLocked = try Self.wait(for: lock, patience)
        } catch {
            throw .storage(error)
        }
        guard isLocked else { throw .busy(lock: path) }
        let owner: String?
        do throws(StorageError) {
            owner = (try? JSON(parsing: try lock.read(from: 0, count: 1024)))?["profile"]?.string
            if owner == nil {
                let json: JSON = ["profile": .string(profile.text)]
                try lock.overwrite(json.serialized() + [UInt8(ascii: "\n")])
            }
        } catch {
            throw .storage(error)
        }
        if let owner, owner.lowercased() != profile.text.lowercased() {
            throw .foreign(file: place.path, profile: owner, lock: path)
        }
        file = lock
    }

    /// Whether `lock` could be had within `patience` milliseconds.
    private static func wait(for lock: OpenFile, _ patience: Int) throws(StorageError) -> Bool {
        var waited = 0
        while try !lock.lock() {
            guard waited < patience else { return false }
            usleep(5000)
            waited += 5
        }
        return true
    }
}
