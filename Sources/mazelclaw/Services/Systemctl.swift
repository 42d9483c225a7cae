import Configuration
import Gateway
import Glibc
import Linux
import Policy

/// systemctl(1), for the manager of one scope.
struct Systemctl {
    let scope: ServiceUnit.Scope
    private let environment: [String: String]

    /// The manager of `scope`, as `environment` leads to it.
    ///
    /// Throws `ServiceError` with what to do where it does not run. Nobody else's rights are taken to change that.
    init(_ scope: ServiceUnit.Scope, environment: [String: String], profile: ProfileName) throws(ServiceError) {
        self.scope = scope
        let instead = "or run it without systemd: \(CommandText.command("gateway start", for: profile))"
        // sd_booted(3).
        guard Self.isDirectory("/run/systemd/system") else {
            throw ServiceError(
                "systemd does not run this host (a container, or WSL without systemd=true in /etc/wsl.conf), and no service "
                    + "can be installed; start the host with systemd, \(instead)")
        }
        var environment = environment
        if scope == .user {
            // A shell that su(1) or cron started has not been told.
            let directory = environment["XDG_RUNTIME_DIR"] ?? "/run/user/\(geteuid())"
            environment["XDG_RUNTIME_DIR"] = directory
            guard Self.isSocket("\(directory)/systemd/private") else {
                throw ServiceError(
                    "no systemd manager of yours runs (there is no \(directory)/systemd/private): log in anew, have an "
                        + "administrator run `loginctl enable-linger \(Self.userName)`, which starts it and keeps it, "
                        + instead)
            }
        }
        self.environment = environment
    }

    /// Runs systemctl with `words`; returns how it ended.
    func run(_ words: String...) throws(ServiceError) -> Spawn.Ended {
        try Spawn.run(["systemctl"] + (scope == .user ? ["--user"] : []) + words, environment: environment)
    }

    /// Runs systemctl with `words`, and throws what it says when it fails.
    func require(_ words: String...) throws(ServiceError) {
        let command = ["systemctl"] + (scope == .user ? ["--user"] : []) + words
        let end = try Spawn.run(command, environment: environment)
        guard end.code == 0 else {
            let said = end.output.split(separator: "\n").first.map(String.init) ?? "it says nothing"
            throw ServiceError("`\(command.joined(separator: " "))` failed (\(end.code)): \(said)")
        }
    }

    /// A property of `unit`, as systemctl shows it; empty when it has none.
    func property(_ name: String, of unit: String? = nil) throws(ServiceError) -> String {
        let words = ["systemctl"] + (scope == .user ? ["--user"] : []) + ["show", "--value", "--property=\(name)"]
        let end = try Spawn.run(words + (unit.map { [$0] } ?? []), environment: environment)
        return String(end.output.drop { $0.isNewline }.prefix { !$0.isNewline })
    }

    /// Whether `unit` is running, or about to.
    func isActive(_ unit: String) throws(ServiceError) -> Bool {
        ["active", "activating", "reloading"].contains(try property("ActiveState", of: unit))
    }

    /// The name of the user whose manager it is.
    static var userName: String {
        // Whoever has no entry in passwd(5) has a number.
        (try? UserDatabase.user(id: geteuid()))?.name ?? "\(geteuid())"
    }

    private static func isDirectory(_ path: String) -> Bool { (try? FileStatus(of: path))?.kind == .directory }

    private static func isSocket(_ path: String) -> Bool { (try? FileStatus(of: path))?.kind == .socket }
}
