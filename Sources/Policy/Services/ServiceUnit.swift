/// The systemd unit that a profile's gateway runs as (systemd.unit(5), systemd.service(5), systemd.exec(5)).
public struct ServiceUnit: Equatable, Sendable {
    /// Whose manager a unit belongs to.
    public enum Scope: String, Equatable, Sendable, CaseIterable {
        /// The user's own (`systemctl --user`).
        case user
        /// The host's, which starts it as root.
        case system

        /// What starts the units that are to run always: no manager has the other's.
        var target: String { self == .user ? "default.target" : "multi-user.target" }
    }

    /// One assignment of a unit file.
    public struct Directive: Equatable, Sendable {
        /// The name, such as `ExecStart`.
        public var name: String
        /// The value as the file has it: quoted and escaped where it must be.
        public var value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A section with its assignments, in the order of the file.
    public struct Section: Equatable, Sendable {
        /// The name, such as `Service`.
        public var name: String
        /// Its assignments. A name may stand there more than once, as systemd lets some lists grow.
        public var directives: [Directive]
    }

    /// The profile whose gateway it starts. Limits, user and directories decide what the unit must permit.
    public var profile: Profile
    /// Whose manager it is for.
    public var scope: Scope
    /// The launcher, which is what the unit starts.
    public var launcher: AbsolutePath
    /// Variables that decide where the launcher looks for the profile, as they were when the unit was made.
    public var environment: [EnvironmentVariable]
    /// Whether a socket unit listens for it.
    public var hasSocket: Bool
    /// The version that the description names.
    public var version: String

    /// The unit of `profile`.
    public init(
        of profile: Profile, scope: Scope, launcher: AbsolutePath, environment: [EnvironmentVariable] = [],
        hasSocket: Bool = false, version: String
    ) {
        self.profile = profile
        self.scope = scope
        self.launcher = launcher
        self.environment = environment.filter { Self.variables.contains($0.name) }
        self.hasSocket = hasSocket
        self.version = version
    }

    /// The variables that decide where a profile is looked for (XDG Base Directory Specification), and no other: a unit can
    /// be read by everybody.
    public static let variables = ["XDG_CONFIG_HOME", "XDG_STATE_HOME"]

    // MARK: Names

    private static let prefix = "mazelclaw-gateway"

    /// The unit's name without `.service`: `mazelclaw-gateway[-NAME]`.
    public static func name(of profile: ProfileName) -> String { prefix + profile.suffix }

    /// The profile whose unit bears `name`, with or without `.service`; nil for a unit of somebody else's.
    public static func profile(ofUnit name: String) -> ProfileName? {
        var name = name[...]
        if name.hasSuffix(".service") { name = name.dropLast(".service".count) }
        guard name.hasPrefix(prefix) else { return nil }
        name = name.dropFirst(prefix.count)
        guard !name.isEmpty else { return .default }
        guard name.first == "-", let profile = ProfileName(String(name.dropFirst())), !profile.isDefault else {
            return nil
        }
        return profile
    }

    /// The unit's description: `MazelClaw Gateway (profile: NAME, vVERSION)`.
    public static func description(of profile: ProfileName, version: String) -> String {
        let name = profile.isDefault ? "" : "profile: \(profile), "
        return "MazelClaw Gateway (\(name)v\(version))"
    }

    /// The name of the file: `mazelclaw-gateway[-NAME].service`.
    public var fileName: String { "\(Self.name(of: profile.name)).service" }

    // MARK: The file

    /// The first line of every unit of ours. A file without it is somebody else's, and is left alone.
    public static let mark = "# Written by MazelClaw, which replaces this file when it is installed again."

    /// The whole file.
    public var text: String {
        let systemctl = scope == .user ? "systemctl --user" : "systemctl"
        var lines = [Self.mark, "# Your own settings go into a drop-in, which stays: \(systemctl) edit \(fileName)"]
        for section in sections {
            lines += ["", "[\(section.name)]"] + section.directives.map { "\($0.name)=\($0.value)" }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// What the file says.
    public var sections: [Section] {
        [
            Section(name: "Unit", directives: unit),
            Section(name: "Service", directives: start + hardening),
            Section(name: "Install", directives: [Directive("WantedBy", scope.target)]),
        ]
    }

    private var unit: [Directive] {
        // A user's manager has no unit that tells of the network.
        var order = scope == .system ? [Directive("After", "network.target")] : []
        if hasSocket {
            let socket = SocketUnit.fileName(of: profile.name)
            order += [Directive("Requires", socket), Directive("After", socket)]
        }
        return [Directive("Description", Self.description(of: profile.name, version: version))] + order + [
            Directive("StartLimitIntervalSec", "5min"), Directive("StartLimitBurst", "5"),
        ]
    }

    private var start: [Directive] {
        let command = [Self.word(launcher.text), "--profile", profile.name.text]
        var directives = environment.map { Directive("Environment", Self.word($0.assignment)) }
        directives += [
            Directive("Type", "notify"), Directive("NotifyAccess", "main"),
            Directive("ExecStart", command.joined(separator: " ")), Directive("TimeoutStartSec", "60"),
            Directive("WatchdogSec", "30"), Directive("Restart", "on-failure"), Directive("RestartSec", "2"),
            Directive("RestartPreventExitStatus", ExitCode.final.map { "\($0.rawValue)" }.joined(separator: " ")),
            // Only the launcher is told to stop. It lets the gateway finish, 10 s at most, and ends the rest itself.
            Directive("KillMode", "mixed"), Directive("TimeoutStopSec", "20"),
        ]
        if !profile.limits.isEmpty { directives.append(Directive("Delegate", "yes")) }
        return directives
    }

    /// Options under which a start still holds all that it promises, as tests show. The launcher is what they bind: the
    /// payload is held by its sandbox.
    private var hardening: [Directive] {
        var directives = [
            Directive("NoNewPrivileges", "yes"), Directive("UMask", "0077"), Directive("KeyringMode", "private"),
            Directive("LockPersonality", "yes"), Directive("RestrictRealtime", "yes"),
            Directive("RestrictSUIDSGID", "yes"), Directive("SystemCallArchitectures", "native"),
            Directive("SystemCallFilter", "~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap"),
            Directive("SystemCallErrorNumber", "EPERM"),
            Directive("RestrictAddressFamilies", UnitCheck.families.joined(separator: " ")),
            Directive("RestrictNamespaces", "\(UnitCheck.namespaces.joined(separator: " ")) net"),
        ]
        guard scope == .system else { return directives }
        directives += [
            Directive("CapabilityBoundingSet", capabilities.joined(separator: " ")),
            Directive("PrivateDevices", "yes"), Directive("PrivateMounts", "yes"), Directive("ProtectClock", "yes"),
            Directive("ProtectKernelModules", "yes"),
        ]
        // Both would hide a launcher that is there.
        if !isLauncher(below: ["/tmp", "/var/tmp"]) { directives.append(Directive("PrivateTmp", "yes")) }
        let home = isLauncher(below: ["/home", "/root", "/run/user"]) ? "read-only" : "yes"
        // Where there are limits, the launcher makes a cgroup for the sandbox.
        if profile.limits.isEmpty { directives.append(Directive("ProtectControlGroups", "yes")) }
        guard isApart else { return directives + [Directive("ProtectSystem", "full")] }
        return directives + [
            Directive("ProtectSystem", "strict"), Directive("ProtectHome", home),
            Directive("ConfigurationDirectory", "mazelclaw"), Directive("StateDirectory", Self.stateDirectories),
            // Others may pass through, for their own files, and list nothing.
            Directive("StateDirectoryMode", "0711"),
        ]
    }

    private func isLauncher(below places: [String]) -> Bool {
        places.compactMap(AbsolutePath.init).contains { $0.contains(launcher) }
    }

    private static let stateDirectories = "mazelclaw-run mazelclaw-profiles"

    /// What the launcher does as root before the payload's user is all there is left: it makes that user's directories, and
    /// becomes the user.
    private var capabilities: [String] {
        ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"]
            // To show one user's files to a sandbox as another's, they are mounted anew.
            + (profile.user != nil && profile.identity == .own ? ["CAP_SYS_ADMIN"] : [])
    }

    /// Whether all that the payload writes is where root's profiles are, and nothing of it in somebody's home.
    private var isApart: Bool {
        let written = [profile.stateDirectory, profile.workspace].compactMap { $0 }
        return environment.isEmpty && profile.user == nil && profile.binds.isEmpty
            && written.allSatisfy((AbsolutePath.root / "var" / "lib" / "mazelclaw-profiles").contains)
    }

    /// `text` as the program of a command line, or as one word of `Environment=`, where no variable is replaced
    /// (systemd.syntax(7), systemd.service(5)).
    static func word(_ text: String) -> String {
        var result = ""
        var isPlain = true
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%%"
            case "\\", "\"":
                result += "\\\(scalar)"
                isPlain = false
            case "\n":
                result += "\\n"
                isPlain = false
            default:
                if scalar == " " || scalar == "'" || scalar == ";" || scalar.value < 0x20 { isPlain = false }
                result.unicodeScalars.append(scalar)
            }
        }
        return isPlain && !result.isEmpty ? result : "\"\(result)\""
    }
}
