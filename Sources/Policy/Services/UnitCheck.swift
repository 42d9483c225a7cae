/// Looks a unit's file through for directives that do nothing, or that the launcher cannot work under.
///
/// What is said of a directive was tried with systemd 252 and 257 (`make hosts`), or stands in systemd.exec(5),
/// systemd.resource-control(5) and systemd.service(5).
public struct UnitCheck {
    private let file: UnitFile
    private let scope: ServiceUnit.Scope

    /// The address families that the launcher and a gateway need.
    static let families = ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"]
    /// The namespaces that every sandbox has of its own, as `RestrictNamespaces=` names them.
    static let namespaces = ["user", "mnt", "pid", "ipc", "uts", "cgroup"]

    /// What is to be said of the unit `text` for a manager of `scope`, in the order of the lines.
    public static func findings(in text: String, scope: ServiceUnit.Scope) -> [UnitFinding] {
        let check = UnitCheck(file: UnitFile(text), scope: scope)
        let strays = check.file.strays.map { stray in
            UnitFinding(
                line: stray.line, directive: stray.text, kind: .inert,
                reason: "it is no NAME=VALUE below a [Section], and systemd passes it over", remedy: "correct it")
        }
        return (strays + check.file.settings.compactMap(check.finding)).sorted { $0.line < $1.line }
    }

    private typealias Verdict = (kind: UnitFinding.Kind, reason: String, remedy: String)

    private func finding(_ setting: UnitFile.Setting) -> UnitFinding? {
        let verdict =
            switch setting.section {
            case "Unit", "Install": order(setting)
            case "Service": service(setting)
            default: Optional<Verdict>.none
            }
        return verdict.map {
            UnitFinding(
                line: setting.line, directive: "\(setting.name)=\(setting.value)", kind: $0.kind, reason: $0.reason,
                remedy: $0.remedy)
        }
    }

    // MARK: [Unit] and [Install]

    private func order(_ setting: UnitFile.Setting) -> Verdict? {
        switch setting.name {
        case "After", "Wants", "Requires", "BindsTo", "Requisite", "WantedBy", "RequiredBy", "UpheldBy":
            let other = scope == .user ? Self.systemUnits : ["default.target"]
            guard let word = setting.words.first(where: other.contains), scope == .user || setting.name == "WantedBy"
            else {
                return nil
            }
            guard scope == .user else {
                return (
                    .inert, "a host need not have \(word) for what it starts at boot",
                    "set \(setting.name)=multi-user.target"
                )
            }
            return (
                .inert, "a user's manager has no \(word), which is the host's",
                "set WantedBy=default.target, and order the "
                    + "unit after units of the same manager alone"
            )
        case "StartLimitAction", "FailureAction", "SuccessAction":
            guard scope == .user, setting.value.hasPrefix("reboot") || setting.value.hasPrefix("poweroff") else {
                return nil
            }
            return (.inert, "a user's manager must not stop the host", "remove it")
        default: return nil
        }
    }

    private static let systemUnits = [
        "multi-user.target", "graphical.target", "network.target", "network-online.target", "nss-lookup.target",
        "remote-fs.target", "local-fs.target", "time-sync.target", "systemd-networkd.service", "NetworkManager.service",
    ]

    // MARK: [Service]

    private func service(_ setting: UnitFile.Setting) -> Verdict? {
        if let verdict = life(setting) ?? calls(setting) ?? files(setting) ?? identity(setting) { return verdict }
        guard scope == .user, !setting.words.isEmpty else { return nil }
        return inUserUnit(setting)
    }

    /// How the service is started, watched over and stopped.
    private func life(_ setting: UnitFile.Setting) -> Verdict? {
        switch setting.name {
        case "Type" where ["forking", "dbus"].contains(setting.value):
            return (
                .breaks, "the launcher stays in the foreground and speaks sd_notify(3)",
                "set Type=notify, or Type=exec for a payload that tells nothing"
            )
        case "NotifyAccess" where setting.value == "none":
            return (
                .breaks, "nobody may say that the gateway is ready, and the start times out", "set NotifyAccess=main"
            )
        case "NotifyAccess" where setting.value == "all" || setting.value == "exec":
            return (
                .inert, "the launcher alone tells the manager anything, as the main process", "set NotifyAccess=main"
            )
        case "KillMode" where setting.value == "control-group":
            return (
                .breaks,
                "SIGTERM then reaches every process of the sandbox at once, and what an agent runs is gone before "
                    + "the gateway can finish", "set KillMode=mixed"
            )
        case "KillMode" where setting.value == "process" || setting.value == "none":
            return (
                .breaks, "what a launcher that was killed leaves behind then keeps the profile's lock",
                "set KillMode=mixed"
            )
        case "RestartPreventExitStatus":
            let missing = ExitCode.final.map { "\($0.rawValue)" }.filter { !setting.words.contains($0) }
            guard !missing.isEmpty else { return nil }
            return (
                .breaks,
                "a start that ends with \(missing.joined(separator: " or ")) fails again until somebody changes "
                    + "something, and is tried again and again",
                "let it hold \(ExitCode.final.map { "\($0.rawValue)" }.joined(separator: " "))"
            )
        case "ProtectControlGroups" where isSet(setting) && (file["Delegate"].map { $0.isOn != false } ?? false):
            return (
                .breaks, "the launcher cannot make the cgroup that holds the profile's limits",
                "remove it, or Delegate="
            )
        default: return nil
        }
    }

    /// Filters on system calls.
    private func calls(_ setting: UnitFile.Setting) -> Verdict? {
        switch setting.name {
        case "RestrictNamespaces":
            let missing = missing(of: Self.namespaces, in: setting)
            guard !missing.isEmpty else { return nil }
            return (
                .breaks, "the sandbox is made of namespaces, and the launcher may not make those of \(missing)",
                "let it name \(Self.namespaces.joined(separator: ", ")), and net for a network of the profile's own"
            )
        case "RestrictAddressFamilies":
            let missing = missing(of: Self.families, in: setting)
            guard !missing.isEmpty else { return nil }
            return (
                .breaks, "the launcher and the gateway need sockets of \(missing)",
                "let it hold \(Self.families.joined(separator: ", "))"
            )
        case "SystemCallFilter": return callFilter(setting)
        case "MemoryDenyWriteExecute" where setting.isOn == true:
            return (
                .breaks, "programs that compile while they run, such as Node and Chromium, end or hang under it",
                "remove it"
            )
        case "RestrictFileSystemAccess" where isSet(setting):
            return (
                .breaks, "from systemd 261 on it lets only files of signed dm-verity volumes be executed", "remove it"
            )
        default: return nil
        }
    }

    private func callFilter(_ setting: UnitFile.Setting) -> Verdict? {
        guard let first = setting.words.first else { return nil }
        if first.hasPrefix("~") {
            let denied = setting.words.map { Self.withoutErrno(Self.withoutTilde($0)) }
            guard let word = denied.first(where: Self.neededCalls.contains) else { return nil }
            return (
                .breaks, "the launcher needs calls of \(word)",
                "deny none of \(Self.neededGroups.joined(separator: ", "))"
            )
        }
        let allowed = setting.words.map(Self.withoutErrno)
        let missing = Self.allowedCalls.filter { !allowed.contains($0) }
        guard !missing.isEmpty else { return nil }
        return (.breaks, "the launcher needs \(missing.joined(separator: ", "))", "let it hold them too")
    }

    /// A word of the filter without the error it is to answer with, as in `~@clock:EPERM`.
    private static func withoutErrno(_ word: String) -> String {
        String(Substring(word.utf8.prefix { $0 != UInt8(ascii: ":") }))
    }

    /// Groups that hold calls which a start makes.
    private static let neededGroups = [
        "@mount", "@privileged", "@setuid", "@chown", "@process", "@keyring", "@debug", "@sandbox", "@resources",
        "@system-service", "@file-system", "@network-io", "@io-event", "@basic-io", "@ipc", "@signal", "@timer",
        "@default",
    ]

    private static let neededCalls =
        neededGroups + [
            "clone", "unshare", "mount", "umount2", "pivot_root", "fsopen", "fsmount", "open_tree", "move_mount",
            "mount_setattr", "seccomp", "prctl", "capset", "setresuid", "setresgid", "setgroups", "sethostname",
            "keyctl",
            "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "process_vm_readv", "kcmp", "landlock_create_ruleset",
            "landlock_add_rule", "landlock_restrict_self", "close_range", "openat2",
        ]

    /// What an allow-list must name, with systemd 252 too, where the landlock calls are of no group.
    private static let allowedCalls = [
        "@system-service", "@mount", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
        "seccomp",
        "pidfd_getfd", "kcmp", "sethostname",
    ]

    /// What covers files, or keeps them from being written.
    private func files(_ setting: UnitFile.Setting) -> Verdict? {
        switch setting.name {
        case "ProtectKernelTunables" where setting.isOn == true, "ProtectKernelLogs" where setting.isOn == true:
            return (
                .breaks,
                "it covers a part of /proc, and the kernel then lets no sandbox mount a /proc of its own (systemd 257)",
                "remove it: the sandbox's own /proc is closed in the same places"
            )
        case "ReadOnlyPaths", "InaccessiblePaths":
            guard let word = setting.words.first(where: { Self.path($0).hasPrefix("/proc") }) else { return nil }
            return (
                .breaks, "\(word) covers a part of /proc, and the kernel then lets no sandbox mount a /proc of its own",
                "remove it: the sandbox's own /proc is closed in the same places"
            )
        case "ProtectHostname" where setting.isOn == true:
            return (
                .breaks, "the sandbox has a host name of its own, and sethostname(2) is denied",
                "remove it, or set ProtectHostname=private from systemd 257 on"
            )
        case "ProtectSystem" where setting.value == "strict" && scope == .system:
            let directories = file["StateDirectory"]?.words ?? []
            let isWritable = (file["ReadWritePaths"] ?? file["BindPaths"]).map { !$0.words.isEmpty } ?? false
            guard !isWritable, !["mazelclaw-run", "mazelclaw-profiles"].allSatisfy(directories.contains) else {
                return nil
            }
            return (
                .breaks, "the launcher can write neither its locks nor the profile's files",
                "set StateDirectory=mazelclaw-run mazelclaw-profiles, and ReadWritePaths= for what else the profile names"
            )
        case "ProtectSystem" where setting.value == "strict" && file["ReadWritePaths"]?.words.isEmpty ?? true:
            return (
                .breaks, "from systemd 257 on the launcher can write neither its locks nor the profile's files",
                "add ReadWritePaths=%h, or remove it"
            )
        default: return nil
        }
    }

    private static func path(_ word: String) -> String { String(word.drop { $0 == "-" || $0 == "+" }) }

    /// Who the launcher is, and what it may do.
    private func identity(_ setting: UnitFile.Setting) -> Verdict? {
        switch setting.name {
        case "PrivateUsers" where setting.value == "managed":
            return (
                .breaks, "from systemd 260 on it gives the launcher user IDs that own no file of the profile's",
                "remove it"
            )
        case "PrivateUsers" where isSet(setting) && scope == .system && !isAnotherUsers:
            return (.breaks, "in that user namespace the profile's user ID is nobody's", "remove it")
        case "CapabilityBoundingSet" where scope == .system && !isAnotherUsers:
            let missing = missing(of: ["CAP_SETUID", "CAP_SETGID"], in: setting)
            guard !missing.isEmpty else { return nil }
            return (.breaks, "the launcher cannot become the profile's user without \(missing)", "let it hold both")
        case "DynamicUser" where setting.isOn == true && scope == .system:
            guard !(file["Environment"]?.words ?? []).contains(where: { $0.hasPrefix("HOME=") }) else { return nil }
            return (
                .breaks, "a user that has just been made has no home to keep a profile in",
                "set StateDirectory= and Environment=HOME=%S/NAME, or remove it: each profile has a user ID of its own"
            )
        default: return nil
        }
    }

    /// Whether the launcher is started as somebody other than root.
    private var isAnotherUsers: Bool {
        file["DynamicUser"]?.isOn == true || file["User"].map { !["", "root", "0"].contains($0.value) } ?? false
    }

    /// What a user's manager has no right to do, and passes over or fails on.
    private func inUserUnit(_ setting: UnitFile.Setting) -> Verdict? {
        let system = "install the unit for the host (--system), or remove it"
        switch setting.name {
        case "IPAddressAllow", "IPAddressDeny", "SocketBindAllow", "SocketBindDeny", "RestrictNetworkInterfaces",
            "RestrictFileSystems", "IPIngressFilterPath", "IPEgressFilterPath", "BPFProgram", "DeviceAllow",
            "DevicePolicy",
            "NFTSet":
            return (
                .inert, "only the host's manager may load such programs into the kernel",
                "\(system): the profile's own rules say which ports and addresses it has"
            )
        case "User", "Group", "SupplementaryGroups", "DynamicUser":
            return (.breaks, "a user's manager cannot become anybody else", system)
        case "CapabilityBoundingSet", "AmbientCapabilities", "PrivateDevices", "ProtectClock", "ProtectKernelModules":
            guard setting.isOn != false else { return nil }
            return (
                .breaks,
                "a user's manager cannot take capabilities away, and ends the service with status 218 (systemd 252)",
                system
            )
        case "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateNetwork", "PrivateIPC", "PrivateMounts",
            "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths", "BindPaths",
            "BindReadOnlyPaths", "TemporaryFileSystem", "ProtectControlGroups", "ProtectProc", "ProcSubset":
            guard setting.isOn != false, file["PrivateUsers"]?.isOn != true else { return nil }
            return (
                .inert, "the user's manager of systemd 252 makes no mounts without PrivateUsers=yes, and says nothing",
                "leave the files to the sandbox, which shows none but the profile's, or install the unit for the host "
                    + "(--system)"
            )
        case "LogNamespace", "RootDirectory", "RootImage", "MountImages", "ExtensionImages":
            return (.breaks, "a user's manager has no right to do that", system)
        case "Nice", "IOSchedulingClass", "CPUSchedulingPolicy", "OOMScoreAdjust":
            guard setting.value.hasPrefix("-") || ["realtime", "fifo", "rr"].contains(setting.value) else { return nil }
            return (.breaks, "a user's manager cannot give more than the user has", system)
        default: return nil
        }
    }

    // MARK: Values

    /// A word of a list without the mark of one that denies, which each assignment may begin with.
    private static func withoutTilde(_ word: String) -> String { String(word.drop { $0 == "~" }) }

    private func isSet(_ setting: UnitFile.Setting) -> Bool { !setting.words.isEmpty && setting.isOn != false }

    /// Which of `needed` a list does not let through: a list of what is allowed, one of what is denied (`~`), a truth value,
    /// or `none`.
    private func missing(of needed: [String], in setting: UnitFile.Setting) -> String {
        let denied: [String]
        switch (setting.isOn, setting.words.first) {
        case (true, _): denied = setting.name == "RestrictNamespaces" ? needed : []
        case (false, _): denied = []
        case (nil, nil): denied = setting.name == "CapabilityBoundingSet" ? needed : []
        case (nil, let first?) where first.hasPrefix("~"):
            let words = setting.words.map(Self.withoutTilde)
            denied = needed.filter(words.contains)
        case (nil, _?): denied = needed.filter { !setting.words.contains($0) }
        }
        return denied.joined(separator: ", ")
    }
}
