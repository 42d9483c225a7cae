import Glibc
import Linux
import Policy
import SystemPackage

/// Finds what on this host stands in the way of a start, and says what to do about it. Asked only once something has
/// failed: what the kernel answers looks alike for many causes, and what it says of this process in /proc tells them
/// apart.
struct HostDiagnosis {
    /// What stands before the names of files in /proc: nothing, but for tests.
    private let root: String
    /// Whether systemd started the launcher: its units have options that look like a poor host.
    let isUnderSystemd: Bool
    /// The user whom the launcher acts as.
    private let userID: UInt32
    /// How many Landlock domains lie over the launcher.
    private let outerDomains: () -> Int

    /// A diagnosis of this host, as this process sees it.
    init() {
        self.init(
            root: "", isUnderSystemd: OwnProcess.variable("INVOCATION_ID") != nil, userID: Credentials.effectiveUserID,
            outerDomains: { OuterLandlock.layers })
    }

    /// A diagnosis of a host whose /proc is that in `root`.
    init(root: String, isUnderSystemd: Bool, userID: UInt32, outerDomains: @escaping () -> Int) {
        self.root = root
        self.isUnderSystemd = isUnderSystemd
        self.userID = userID
        self.outerDomains = outerDomains
    }

    /// What to do about `errno` at `step`; nothing when the answer speaks for itself.
    func remedy(for step: Step, _ errno: Errno) -> String {
        if errno == .addressFamilyNotSupported {
            return isUnderSystemd
                ? "let RestrictAddressFamilies= of the unit hold AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK"
                : "let the filter over the launcher permit sockets of AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK"
        }
        switch step {
        case .joinControlGroup: return controlGroups(errno)
        case .becomeUser(let userID, _): return remedy(forBecoming: userID, errno)
        case .enterNamespaces, .mapIdentity, .nestUserNamespace: return namespaces(errno)
        case .mountFileSystem(let mount) where mount.source == .processes: return proc(errno)
        case .mountView(let view) where Self.isForeign(view.source):
            return isUnderSystemd
                ? "remove what covers it from the unit, such as ProtectKernelModules= or InaccessiblePaths="
                : "unmount what covers it"
        case .makeMountsPrivate, .mountRoot, .mountFileSystem, .bind, .mountOverlay, .mountView, .maskPath,
            .makePathReadOnly,
            .sealRoot, .pivotRoot:
            return errno.isRefusal ? mounts : ""
        case .setHostName:
            guard errno.isRefusal else { return "" }
            return isUnderSystemd
                ? "remove ProtectHostname= from the unit, or let its SystemCallFilter= hold sethostname: the sandbox has a "
                    + "host name of its own"
                : filter("sethostname")
        case .joinAnonymousKeyring: return errno.isRefusal ? filter("keyctl") : ""
        case .applyLandlock: return errno.isRefusal ? landlock : ""
        case .filterSystemCalls: return seccomp(errno)
        case .handOverCalls: return broker
        // Advice is only words: without any, the error's own remedy is shown. Files, limits and other processes are at
        // fault here, and the error names them.
        case .mapOwner, .openCredential, .dieWithParent, .bringUpLoopback, .openProxy, .makeDirectory,
            .makeSymbolicLink, .writeFile, .copyFile, .bindNotificationSocket, .placeCredential, .openTerminal,
            .relayStreams,
            .limitUserNamespaces, .limitInNamespace, .setLimit, .dropCapabilities, .setNoNewPrivileges,
            .becomeUndumpable, .startPayload, .startSession, .takeTerminal, .setFileModeMask, .changeDirectory,
            .closeDescriptors, .resetSignals, .prove, .execute:
            return ""
        }
    }

    // MARK: Remedies

    /// What lets the launcher become another user.
    func remedy(forBecoming userID: UInt32, _ errno: Errno) -> String {
        guard errno == .invalidArgument else {
            return isUnderSystemd
                ? "let CapabilityBoundingSet= of the unit hold CAP_SETUID and CAP_SETGID, or set User= and leave --user out"
                : "give the launcher CAP_SETUID and CAP_SETGID, or start it as that user and leave --user out"
        }
        return isUnderSystemd
            ? "remove PrivateUsers= from the unit: in its user namespace \(userID) is nobody's ID"
            : "give the container a range of IDs that holds \(userID): in its user namespace it is nobody's ID"
    }

    /// Whether somebody else than root has put something over `path`, a directory of the system's. Advice is only words:
    /// where that cannot be told, the usual is shown.
    private static func isForeign(_ path: AbsolutePath) -> Bool {
        guard let own = try? FileStatus(of: path.text), let root = try? FileStatus(of: "/") else { return false }
        return own.userID != root.userID || own.isWritableByOthers
    }

    /// What lets the launcher divide its cgroup.
    func controlGroups(_ errno: Errno) -> String {
        switch errno {
        case .noSuchFileOrDirectory:
            return "boot the host with cgroups of version 2 alone (systemd.unified_cgroup_hierarchy=1)"
        case .notSupported:
            return isUnderSystemd
                ? "let Delegate= of the unit name that controller, and the units above it hand it on"
                : "let the cgroups above hand that controller on (cgroup.subtree_control)"
        case .resourceBusy: return "start each instance in a unit of its own"
        default:
            return isUnderSystemd
                ? "set Delegate=yes in the unit"
                : "start it in a unit with Delegate=yes, or by systemd-run --user --scope --property=Delegate=yes"
        }
    }

    /// What lets the launcher make user namespaces, and the others in them.
    func namespaces(_ errno: Errno) -> String {
        if errno == .noSpace || errno == .tooManyUsers {
            let kind = Self.namespaceKinds.first { setting("user/max_\($0)_namespaces") == "0" }
            return "raise user.max_\(kind ?? "user")_namespaces with sysctl"
        }
        if !isMapped(userID) {
            return isUnderSystemd
                ? "remove PrivateUsers= from the unit: in its user namespace the launcher's user is nobody's ID"
                : "start the launcher as a user that its user namespace has an ID for"
        }
        if userID != 0, setting("kernel/unprivileged_userns_clone") == "0" {
            return "set kernel.unprivileged_userns_clone=1 with sysctl"
        }
        if let appArmor = appArmor(rules: "userns,") { return appArmor }
        guard isFiltered else { return "this host forbids user namespaces: see the log of its security modules" }
        return isUnderSystemd
            ? "let RestrictNamespaces= of the unit name user, mnt, pid, ipc, uts and cgroup"
            : filter("clone and unshare")
    }

    /// What lets the launcher mount.
    var mounts: String {
        let layers = outerDomains()
        if layers > 0 {
            let domain = layers == 1 ? "a Landlock domain" : "\(layers) Landlock domains"
            return
                "\(domain) over the launcher (another sandbox's, such as landrun's or nono's) forbids every mount: start "
                + "mazelclaw-run outside of it"
        }
        if let appArmor = appArmor(rules: "mount, umount, pivot_root,") { return appArmor }
        guard isFiltered else {
            return "this host forbids mounts in user namespaces: see the log of its security modules"
        }
        return isUnderSystemd
            ? "let SystemCallFilter= of the unit hold @mount"
            : filter("fsopen, fsmount, open_tree, move_mount, mount_setattr, umount2 and pivot_root")
    }

    /// What lets the launcher mount a /proc.
    func proc(_ errno: Errno) -> String {
        // The kernel shows a new /proc only to whom it would show no more than he sees already.
        let covers = mountPoints.filter { $0.hasPrefix("/proc/") && $0 != "/proc/sys/fs/binfmt_misc" }
        guard !covers.isEmpty || showsOnlyProcesses else { return errno.isRefusal ? mounts : "" }
        guard isUnderSystemd else {
            return
                "the host's /proc is covered at \(covers.first ?? "all but the processes"), as container engines do: start "
                + "the container with --security-opt unmask=ALL"
        }
        var options: [String] = []
        if covers.contains("/proc/sys") { options.append("ProtectKernelTunables=") }
        if covers.contains("/proc/kmsg") { options.append("ProtectKernelLogs=") }
        if showsOnlyProcesses { options.append("ProcSubset=") }
        if options.isEmpty { options.append("what covers \(covers.first ?? "/proc")") }
        return
            "remove \(options.joined(separator: ", ")) from the unit: the sandbox's own /proc is closed in the same places"
    }

    /// Why there is no Landlock, by what landlock_create_ruleset(2) answers, and what to do about it.
    func landlockAbsence(_ errno: Errno) -> (finding: String, remedy: String) {
        switch errno {
        case .noFunction: ("the kernel has no Landlock", "use a kernel from 6.12 on with \"landlock\" in lsm=")
        case .notSupported: ("Landlock is switched off", "add \"landlock\" to the boot parameter lsm=")
        default: ("landlock_create_ruleset(2) answers \(errno.name)", landlock)
        }
    }

    /// What lets the launcher use Landlock.
    var landlock: String {
        isUnderSystemd
            ? "let SystemCallFilter= of the unit hold \(Self.landlockCalls)" : filter(Self.landlockCalls)
    }

    /// What lets the launcher install a filter with a listener.
    func seccomp(_ errno: Errno) -> String {
        switch errno {
        case .resourceBusy:
            return
                "a supervisor over the launcher (a container engine's, WSL's) has the one listener there can be: start "
                + "outside of it"
        case .invalidArgument: return "use a kernel from 5.19 on"
        default: return isUnderSystemd ? "let SystemCallFilter= of the unit hold seccomp" : filter("seccomp")
        }
    }

    /// What lets the supervisor copy descriptors out of the payload's processes.
    var broker: String {
        if setting("kernel/yama/ptrace_scope") == "3" {
            return "start the host with kernel.yama.ptrace_scope at 2 or lower: 3 stays until it is started again"
        }
        if let appArmor = appArmor(rules: "ptrace,") { return appArmor }
        return isUnderSystemd
            ? "let SystemCallFilter= of the unit hold pidfd_open, pidfd_getfd, process_vm_readv and kcmp"
            : filter("pidfd_open, pidfd_getfd, process_vm_readv and kcmp")
    }

    /// What lets the launcher make its calls at all, when it is killed for one.
    var filter: String {
        isUnderSystemd
            ? "let SystemCallFilter= of the unit hold \(Self.calls), or set SystemCallErrorNumber=EPERM to be told what is "
                + "missing"
            : filter("what the launcher needs")
    }

    private func filter(_ calls: String) -> String {
        "let the seccomp filter over the launcher (a container engine's?) permit \(calls)"
    }

    /// The remedy when AppArmor stands in the way: `rules` are what the profile must hold.
    private func appArmor(rules: String) -> String? {
        if let label = confinement {
            return "let the AppArmor profile \"\(label)\" hold \"\(rules)\""
        }
        guard setting("kernel/apparmor_restrict_unprivileged_userns") == "1" else { return nil }
        return "install an AppArmor profile for this launcher's path that holds \"\(rules)\": "
            + "kernel.apparmor_restrict_unprivileged_userns is 1"
    }

    // MARK: What /proc says

    /// By name: their group is younger than they are, and a unit ignores a group it does not know (systemd.exec(5)).
    private static let landlockCalls = "landlock_create_ruleset, landlock_add_rule and landlock_restrict_self"

    /// What a SystemCallFilter= must hold for the launcher.
    private static let calls =
        "@system-service, @mount, \(landlockCalls), seccomp, pidfd_getfd, kcmp and sethostname"

    private static let namespaceKinds = ["user", "mnt", "pid", "ipc", "uts", "cgroup"]

    /// Whether a filter of someone else's is in force (proc_pid_status(5)).
    private var isFiltered: Bool { lines(of: "/proc/self/status").contains("Seccomp:\t2") }

    /// The AppArmor profile that confines the launcher; nil for none.
    private var confinement: String? {
        let label = lines(of: "/proc/self/attr/apparmor/current").first
        let name = label.map { $0.utf8.prefix { $0 != UInt8(ascii: " ") } }.map { String(Substring($0)) }
        return name == "unconfined" ? nil : name
    }

    /// Whether an ID stands for somebody outside of the user namespace (user_namespaces(7)).
    private func isMapped(_ userID: UInt32) -> Bool {
        lines(of: "/proc/self/uid_map").contains { line in
            let numbers = line.utf8.split(separator: UInt8(ascii: " ")).compactMap { UInt64(Substring($0)) }
            guard numbers.count == 3 else { return false }
            return (numbers[0]..<numbers[0] + numbers[2]).contains(UInt64(userID))
        }
    }

    private var mountPoints: [String] {
        lines(of: "/proc/self/mountinfo").compactMap { line in
            let fields = line.utf8.split(separator: UInt8(ascii: " "))
            return fields.count > 4 ? String(Substring(fields[4])) : nil
        }
    }

    private var showsOnlyProcesses: Bool { (try? FileStatus(of: "\(root)/proc/sys")) == nil }

    private func setting(_ name: String) -> String? { lines(of: "/proc/sys/\(name)").first }

    private func lines(of path: String) -> [String] {
        let text = (try? FileSystem.read(root + path, limit: 1 << 20)) ?? []
        return text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
