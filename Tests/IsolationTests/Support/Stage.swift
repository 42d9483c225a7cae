import Foundation
import Glibc

/// The built programs, where any user can reach them.
struct Stage {
    /// A directory of this test process's own, below which all of the suite's files are.
    let root: String
    var launcher: String { "\(root)/stage/bin/mazelclaw-run" }
    var gateway: String { "\(root)/stage/bin/mazelclaw" }
    /// Where a sandbox shows the gateway's program.
    let gatewayInside = "/opt/mazelclaw/bin/mazelclaw"
    var policies: String { "\(root)/stage/share/mazelclaw/policies" }
    var probe: String { "\(root)/probe/isolation-probe" }

    /// The one copy this process makes; it goes when the process ends.
    static let shared: Result<Stage, any Error> = Result { try Stage() }

    private init() throws {
        // Not /tmp: inside there is another, which would be in the way of paths below it.
        let made = "/var/tmp/mazelclaw-isolation-\(getpid())"
        root = made
        atexit { try? FileManager.default.removeItem(atPath: "/var/tmp/mazelclaw-isolation-\(getpid())") }
        Self.removeLeftovers()
        try Files.makeDirectory(made)
        try Files.makeDirectory("\(made)/probe")
        let source = ProcessInfo.processInfo.environment["MAZELCLAW_STAGE"] ?? "\(Self.package)/.build/stage"
        try Self.copy(source, to: "\(made)/stage")
        // `swift test` builds the probe beside the tests' own program.
        let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let candidates = [
            ProcessInfo.processInfo.environment["MAZELCLAW_PROBE"],
            (CommandLine.arguments.first { $0.hasSuffix(".xctest") }).map {
                URL(filePath: $0).deletingLastPathComponent().path + "/isolation-probe"
            },
            "\(programs)/isolation-probe", "\(Self.package)/.build/debug/isolation-probe",
        ]
        guard let probe = candidates.compactMap({ $0 }).first(where: Files.exists) else {
            throw Files.Failure(path: "isolation-probe", errno: ENOENT)
        }
        try Self.copy(URL(filePath: probe).resolvingSymlinksInPath().path, to: self.probe)
    }

    /// Copies a file or a tree without its owner, which may be another user's.
    static func copy(_ source: String, to destination: String) throws {
        var status = stat()
        guard stat(source, &status) == 0 else { throw Files.Failure(path: source, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            guard let content = FileManager.default.contents(atPath: source) else {
                throw Files.Failure(path: source, errno: EACCES)
            }
            try content.write(to: URL(filePath: destination))
            return try Files.set(destination, mode: status.st_mode & 0o755)
        }
        try Files.makeDirectory(destination)
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            try copy("\(source)/\(name)", to: "\(destination)/\(name)")
        }
    }

    /// Removes what a run left behind that was killed.
    private static func removeLeftovers() {
        let prefix = "mazelclaw-isolation-"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/var/tmp")) ?? []
        where name.hasPrefix(prefix) {
            guard let owner = pid_t(name.dropFirst(prefix.count)), owner == getpid() || kill(owner, 0) == -1 else {
                continue
            }
            try? FileManager.default.removeItem(atPath: "/var/tmp/\(name)")
        }
    }

    private static var package: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().resolvingSymlinksInPath().path
    }
}
