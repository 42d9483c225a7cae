import Foundation
import Glibc
import Testing

/// A host's systemd, booted for one test in namespaces of its own (Tests/Scripts/systemd-boot.sh).
final class BootedSystemd {
    /// Whether it can be: by root, with cgroups of version 2, where systemd, D-Bus, PAM's part and iproute2 are installed.
    static let isPossible: Bool = {
        let needed = ["/lib/systemd/systemd", "/usr/bin/dbus-daemon", "/usr/sbin/useradd"]
        let groups = ["/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs"]
        let network = ["/usr/sbin/ip", "/usr/bin/ip", "/sbin/ip"]
        return geteuid() == 0 && needed.allSatisfy(Files.exists) && groups.contains(where: Files.exists)
            && network.contains(where: Files.exists)
    }()

    /// The user whose own manager runs, as with `loginctl enable-linger`.
    static let user = "ada"

    let stage: Stage
    /// The directory that is shown inside at the same place.
    private let state: String
    private let output: String

    init() throws {
        stage = try Stage.shared.get()
        let name = UUID().uuidString
        state = "/var/tmp/mazelclaw-isolation-systemd-\(name)"
        output = "\(stage.root)/systemd-\(name)"
        try Files.makeDirectory(output)
        let end = try script("start", [stage.root])
        try #require(end.code == 0, "\(end.errors)")
    }

    deinit {
        _ = try? script("stop", [])
        try? FileManager.default.removeItem(atPath: output)
    }

    private func script(_ verb: String, _ words: [String]) throws -> Running.Ended {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Scripts/systemd-boot.sh").path
        var setup = Running.Setup()
        setup.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let command = ["/bin/bash", path, verb, state] + words
        return try Running(command.map { Array($0.utf8) }, files: output, setup).wait()
    }

    /// Runs a command inside as root.
    @discardableResult
    func run(_ command: String..., environment: [String: String] = [:]) throws -> Running.Ended {
        let variables = ["env"] + environment.map { "\($0.key)=\($0.value)" }
        return try script("exec", variables + command)
    }

    /// Runs a shell script inside as root, and requires that it succeeds; returns what it writes.
    @discardableResult
    func shell(_ text: String) throws -> String {
        let end = try script("exec", ["/bin/sh", "-euc", text])
        try #require(end.code == 0, "\(text): \(end.output)\(end.errors)")
        return end.output
    }

    /// Makes the user, whose own manager is started and stays.
    func addUser(lingering: Bool = true) throws {
        try shell("useradd --create-home --shell /bin/sh \(Self.user)")
        guard lingering else { return }
        try shell("loginctl enable-linger \(Self.user)")
        try wait { try shell("ls /run/user/*/systemd/private || true").contains("private") }
    }

    /// Runs a command inside as the user.
    func runAsUser(_ command: [String], environment: [String: String] = [:]) throws -> Running.Ended {
        let variables = ["HOME": "/home/\(Self.user)", "USER": Self.user].merging(environment) { $1 }
        let identity = ["runuser", "-u", Self.user, "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        return try script("exec", identity + variables.map { "\($0.key)=\($0.value)" } + command)
    }

    /// `mazelclaw` with `words`, as the user or as root.
    func mazelclaw(_ words: String..., asRoot: Bool = false, environment: [String: String] = [:]) throws
        -> Running.Ended
    {
        try mazelclaw(words, asRoot: asRoot, environment: environment)
    }

    func mazelclaw(_ words: [String], asRoot: Bool = false, environment: [String: String] = [:]) throws
        -> Running.Ended
    {
        if !asRoot { return try runAsUser([stage.gateway] + words, environment: environment) }
        let variables = ["HOME": "/root"].merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        return try script("exec", ["env"] + variables + [stage.gateway] + words)
    }

    /// A property of a unit, of root's manager or of the user's.
    func property(_ name: String, of unit: String, isUsers: Bool) throws -> String {
        let command = ["systemctl"] + (isUsers ? ["--user"] : []) + ["show", "--value", "--property=\(name)", unit]
        let end = isUsers ? try runAsUser(command, environment: runtime) : try script("exec", command)
        return end.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What leads the user's commands to the user's manager.
    var runtime: [String: String] {
        get throws {
            ["XDG_RUNTIME_DIR": "/run/user/\(try shell("id -u \(Self.user)").trimmingCharacters(in: .newlines))"]
        }
    }

    /// Waits until `condition` holds.
    func wait(seconds: Double = 20, _ condition: () throws -> Bool) throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while try !condition() {
            try #require(Date() < end, "it did not come about in \(seconds) s")
            usleep(50_000)
        }
    }
}
