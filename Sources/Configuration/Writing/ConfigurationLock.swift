import Files
import Glibc
import JSON
import Policy

/// The right to write a configuration file, which one process has at a time.
///
/// A lock (flock(2)) on a file beside it, which stays when it is let go: whoever removed it could let two in. It ends
/// with the process that holds it, however that ends. The file names the profile the configuration belongs to.
struct ConfigurationLock: ~Copyable {
    private let descriptor: Int32

    /// How long another process may hold it, in milliseconds.
    static let patience = 10_000

    /// Takes the lock of the configuration at `place` for `profile`. Throws `ConfigurationChangeError`.
    init(
        _ place: borrowing FilePlace, for profile: ProfileName, patience: Int = patience
    ) throws(ConfigurationChangeError) {
        let lock = place.path(".lock")
        let opened: Int32?
        do throws(StorageError) {
            opened = try place.open("lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, suffix: ".lock")
        } catch {
            throw .storage(error)
        }
        guard let descriptor = opened else { throw .storage(StorageError("lock", lock, errno: ENOENT)) }
        do throws(ConfigurationChangeError) {
            try Self.wait(for: descriptor, lock, patience)
            if let owner = Self.owner(descriptor) {
                guard owner.lowercased() == profile.text.lowercased() else {
                    throw .foreign(file: place.path, profile: owner, lock: lock)
                }
            } else {
                try Self.claim(descriptor, for: profile, lock)
            }
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit {
        // Ends the lock too: no copy of the descriptor was made.
        close(descriptor)
    }

    private static func wait(
        for descriptor: Int32, _ lock: AbsolutePath, _ patience: Int
    ) throws(ConfigurationChangeError) {
        var waited = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw .storage(StorageError("lock", lock, errno: errno))
            }
            guard waited < patience else { throw .busy(lock: lock) }
            usleep(5000)
            waited += 5
        }
    }

    private static func claim(
        _ descriptor: Int32, for profile: ProfileName, _ lock: AbsolutePath
    ) throws(ConfigurationChangeError) {
        let json: JSON = ["profile": .string(profile.text)]
        let record = json.serialized() + [UInt8(ascii: "\n")]
        let count = record.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == record.count, ftruncate(descriptor, off_t(record.count)) == 0 else {
            throw .storage(StorageError("write", lock, errno: count < 0 ? errno : ENOSPC))
        }
    }

    private static func owner(_ descriptor: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return (try? JSON(parsing: Array(buffer[..<count])))?["profile"]?.string
    }
}
