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

    private static var place: String { "/var/tmp/mazelclaw-isolation-\(getpid())" }

    /// The one copy this process makes; it goes when the process ends.
    static let shared: Result<Stage, any Error> = Result { try Stage() }

    private init() throws {
        // Not /tmp: inside there is another, which would be in the way of paths below it.
        let made = Self.place
        root = made
        atexit { try? FileManager.default.removeItem(atPath: Stage.place) }
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
    ///
    /// Another process does it: a program that is open for writing here would still be that in a child that other tests
    /// start just then, and could not be executed (ETXTBSY, execve(2)).
    static func copy(_ source: String, to destination: String) throws {
        let script = #"cp -RLT --preserve=mode -- "$0" "$1" && chmod -R go-w -- "$1""#
        let command = ["/bin/sh", "-c", script, source, destination].map { Array($0.utf8) }
        let end = try Running(command, files: place, Running.Setup()).wait()
        guard end.code == 0 else { throw Files.Failure(path: "\(source): \(end.errors)", errno: EIO) }
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
