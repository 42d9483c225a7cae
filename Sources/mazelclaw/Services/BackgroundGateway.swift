import Configuration
import Gateway
import Glibc
import Linux
import Policy
import Profiles
import SystemPackage

/// A profile's gateway in the background, where no systemd service is installed: the launcher, watched over by a process
/// that starts it again when it fails.
struct BackgroundGateway {
    let profile: ProfileName
    let directories: HostDirectories
    let environment: [String: String]

    /// Where what it needs is kept: the host's, out of the payload's sight.
    private var directory: AbsolutePath { directories.state / "background" }
    /// Held by the process that watches over it, whose ID stands in it.
    private var lock: AbsolutePath { directory / "\(profile).lock" }
    /// What the launcher and the gateway write to their standard streams.
    private var log: AbsolutePath { directory / "\(profile).log" }
    /// Where the launcher tells how it fares (sd_notify(3)).
    var notifications: AbsolutePath { directory / "\(profile).notify" }

    /// How long a stop may take: the launcher ends a payload after 10 s.
    private static let patience: Int32 = 20_000
    /// From how many bytes on a log is set aside when a new one begins.
    private static let logLimit: Int64 = 4 << 20

    /// Whether a process watches over one.
    var isRunning: Bool { watcher != nil }

    /// The process that does; nil when none does.
    private var watcher: pid_t? {
        guard let file = try? open(creating: false) else { return nil }
        defer { file.discard() }
        guard (try? FileLock.isHeld(file)) == true else { return nil }
        let text = (try? FileSystem.read(lock.text, limit: 32)) ?? []
        return pid_t(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    // MARK: From outside

    /// Starts it with `launcher`, and waits until it is ready.
    func start(launcher: AbsolutePath) throws {
        if let watcher {
            Output.line("profile \"\(profile)\" runs already in the background (PID \(watcher))")
            return
        }
        if let holder = try InstanceLock.holder(of: profile, in: directories) {
            throw ServiceError("profile \"\(profile)\" runs already (\(holder)); stop it first")
        }
        let errors = try openLog()
        defer { close(errors) }
        let own = try FileSystem.readSymbolicLink("/proc/self/exe")
        let words = [own, "--profile", profile.text, "gateway", "watch"]
        let said = try Spawn.detach(words, environment: environment, errors: errors)
        guard said == "ready\n" else {
            let last =
                String(decoding: (try? FileSystem.read(log.text, limit: 8 << 20)) ?? [], as: UTF8.self)
                .split(separator: "\n").last ?? "it said nothing"
            throw ServiceError("the gateway does not start: \(last); the whole log is \(log)")
        }
        Output.line("Started in the background, with its log in \(log)")
        Output.line(
            "It ends with this host; `\(CommandText.command("gateway install", for: profile))` makes a service of it")
    }

    /// Stops it, and waits until it has ended.
    func stop() throws {
        guard let watcher, let file = try? open(creating: false) else {
            guard let holder = try InstanceLock.holder(of: profile, in: directories) else {
                Output.line("profile \"\(profile)\" does not run")
                return
            }
            throw ServiceError(
                "profile \"\(profile)\" runs neither as a service nor in the background (\(holder)); stop it where it was "
                    + "started")
        }
        defer { file.discard() }
        kill(watcher, SIGTERM)
        do {
            try FileLock.acquire(file, milliseconds: Self.patience + 5000)
        } catch {
            throw ServiceError("PID \(watcher), which watches over the gateway, has not ended: \(error)")
        }
        Output.line("Stopped profile \"\(profile)\"")
    }

    // MARK: The process that watches over it

    /// Takes the lock for this process, for as long as it lives; nil when another has it.
    func claim() throws -> FileDescriptor? {
        let file = try open(creating: true)
        guard try FileLock.tryAcquire(file) else {
            file.discard()
            return nil
        }
        try file.writeEverything(Array("\(getpid())\n".utf8))
        return file
    }

    private func open(creating: Bool) throws(Errno) -> FileDescriptor {
        if creating { try FileSystem.makeDirectories(directory.text, mode: 0o700) }
        return try FileDescriptor.workingDirectory.open(
            lock.text, flags: O_RDWR | O_NOFOLLOW | O_CLOEXEC | (creating ? O_CREAT : 0), mode: 0o600)
    }

    private func openLog() throws -> Int32 {
        try FileSystem.makeDirectories(directory.text, mode: 0o700)
        if let size = (try? FileStatus(of: log.text))?.size, size >= Self.logLimit {
            try FileSystem.rename(log.text, to: "\(log).1")
        }
        let descriptor = Glibc.open(log.text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw ServiceError("cannot write \(log): \(String(cString: strerror(errno)))") }
        return descriptor
    }
}
