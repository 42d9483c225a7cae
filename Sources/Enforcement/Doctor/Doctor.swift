import Glibc
import Linux
import Policy
import Profiles
import SystemPackage

/// Finds what this host can hold by trying it, never by version numbers.
///
/// The verdict comes from a real start of the profile's plan, with `/usr/bin/true` as payload: what the
/// doctor says and what a start does cannot differ.
public struct Doctor {
    private let launch: Launch
    private let options: LaunchOptions

    /// A doctor for a start of `options`.
    public init(launch: Launch, options: LaunchOptions) {
        self.launch = launch
        self.options = options
    }

    /// Tries everything.
    public func examine() -> DoctorReport {
        var report = DoctorReport(
            checks: [
                userNamespace, mount, freshProc, nestedUserNamespace, landlock, landlockErrata, openat2, pidfdGetfd,
                userNotification, controlGroup,
            ], verdict: "", exitCode: 0)
        let (code, verdict) = tryStart()
        report.exitCode = code
        report.verdict = verdict
        return report
    }

    // MARK: Checks

    private typealias Check = DoctorReport.Check

    private var userNamespace: Check {
        let errno = Trial.run(in: .user) { () throws(Errno) in }
        return Check(
            name: "user namespace", isHeld: errno == nil, isRequired: true,
            finding: errno.map { "clone answers \($0.name)" } ?? "can be made",
            remedy: errno == nil ? "" : userNamespaceRemedy(errno))
    }

    private var mount: Check {
        // Under AppArmor's restriction the namespace can be made, and only a use of its rights fails.
        let errno = Trial.run(in: [.user, .mount]) { () throws(Errno) in
            let tree = try MountTree(fileSystem: "tmpfs", options: [], attributes: [])
            try tree.attach(at: "/proc", in: .workingDirectory)
        }
        return Check(
            name: "mount in a user namespace", isHeld: errno == nil, isRequired: true,
            finding: errno.map { "answers \($0.name)" } ?? "works",
            remedy: errno == nil ? "" : userNamespaceRemedy(errno))
    }

    private var freshProc: Check {
        let errno = Trial.run(in: [.user, .mount, .pid]) { () throws(Errno) in
            let tree = try MountTree(fileSystem: "proc", options: [], attributes: [])
            try tree.attach(at: "/proc", in: .workingDirectory)
        }
        let remedy =
            isUnderSystemd
            ? "remove ProtectKernelTunables=, ProtectKernelLogs= and ProcSubset= from the unit"
            : "the host's /proc is covered in places, as container engines do: start the container with "
                + "--security-opt unmask=ALL, or accept --allow-degraded=proc"
        return Check(
            name: "fresh /proc", isHeld: errno == nil, isRequired: !options.degradations.contains(.proc),
            finding: errno.map { "answers \($0.name)" } ?? "works", remedy: errno == nil ? "" : remedy)
    }

    private var nestedUserNamespace: Check {
        // Asked here: inside the namespace, before it has a map, every ID reads as the overflow ID.
        let (userID, groupID) = (Credentials.userID, Credentials.groupID)
        let errno = Trial.run(in: .user) { () throws(Errno) in
            let process = try FileDescriptor.workingDirectory.open("/proc/self", flags: OpenFlag.path)
            try IdentityMap.set(userID: userID, groupID: groupID, in: process)
            try NamespaceSet.unshare(.user)
        }
        return Check(
            name: "second user namespace", isHeld: errno == nil, isRequired: true,
            finding: errno.map { "unshare answers \($0.name)" } ?? "can be made",
            remedy: errno == nil ? "" : "raise user.max_user_namespaces with sysctl")
    }

    private var landlock: Check {
        let version = Landlock.abiVersion
        let given = Set(options.degradations)
        let isHeld = version >= 6
        let isGivenUp =
            given.contains(.landlock)
            || (version >= 4 || given.contains(.landlockNet)) && given.contains(.landlockScope)
        return Check(
            name: "Landlock", isHeld: isHeld, isRequired: !isGivenUp,
            finding: version == 0 ? "is absent or disabled" : "ABI \(version)",
            remedy: isHeld
                ? "" : "files need ABI 1, ports ABI 4, scopes ABI 6: use a kernel from 6.12 on, with landlock in lsm=")
    }

    private var landlockErrata: Check {
        let errata = Landlock.errata
        return Check(
            name: "Landlock errata", isHeld: errata & 0b111 == 0b111, isRequired: false,
            finding: "fixed: 0x\(String(errata, radix: 16))",
            remedy: errata & 0b111 == 0b111 ? "" : "a newer stable kernel fixes the rest of 0x7")
    }

    private var openat2: Check {
        let errno = Trial.run { () throws(Errno) in
            _ = try FileDescriptor.workingDirectory.open("/usr", flags: OpenFlag.path, resolve: .noSymbolicLinks)
        }
        return Check(
            name: "openat2", isHeld: errno == nil, isRequired: false,
            finding: errno.map { "answers \($0.name); paths are walked component by component" } ?? "works",
            remedy: errno == nil || !isUnderSystemd ? "" : "RestrictSUIDSGID= in the unit hides it")
    }

    private var pidfdGetfd: Check {
        let errno = Trial.run { () throws(Errno) in
            guard let child = try ChildProcess.clone([]) else {
                while true { pause() }
            }
            defer { kill(child.processID, SIGKILL) }
            let thread = try ForeignThread(threadID: child.processID)
            try thread.takeDescriptor(0).discard()
        }
        return Check(
            name: "pidfd_getfd", isHeld: errno == nil, isRequired: !options.degradations.contains(.broker),
            finding: errno.map { "answers \($0.name)" } ?? "works",
            remedy: errno == nil
                ? ""
                : "lower kernel.yama.ptrace_scope to 1, or add CAP_SYS_PTRACE to the container, or accept "
                    + "--allow-degraded=broker")
    }

    private var userNotification: Check {
        let errno = Trial.run { () throws(Errno) in
            try ProcessControl.setNoNewPrivileges()
            // SECCOMP_RET_ALLOW for every call: what matters is whether a listener is given.
            let permit = BPFProgram.Instruction(code: 0x06, operand: SeccompAction.allow.returnValue)
            guard let program = BPFProgram(instructions: [permit]) else { throw .invalidArgument }
            try SeccompFilter.installNotifying(program.bytes).discard()
        }
        let remedy =
            errno == .resourceBusy
            ? "a container engine's or WSL's own supervisor has the one listener: start outside of it"
            : "use a kernel from 5.19 on"
        return Check(
            name: "seccomp user notification", isHeld: errno == nil,
            isRequired: !options.degradations.contains(.broker), finding: errno.map { "answers \($0.name)" } ?? "works",
            remedy: errno == nil ? "" : remedy + ", or accept --allow-degraded=broker")
    }

    private var controlGroup: Check {
        let text = (try? FileSystem.read("/proc/self/cgroup", limit: 64 << 10)) ?? []
        let group = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("0::") }
        let path = group.map { "/sys/fs/cgroup\($0.dropFirst(3))/cgroup.procs" }
        let isHeld = path.map { access($0, W_OK) == 0 } ?? false
        return Check(
            name: "cgroup delegation", isHeld: isHeld, isRequired: false,
            finding: isHeld ? "this cgroup can be divided" : "not delegated",
            remedy: isHeld ? "" : "set Delegate=yes in the unit to let the launcher limit memory")
    }

    // MARK: Causes

    private var isUnderSystemd: Bool { getenv("INVOCATION_ID") != nil }

    private func userNamespaceRemedy(_ errno: Errno?) -> String {
        if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
            return "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns=1): install an "
                + "AppArmor profile with \"userns,\" for this launcher's path"
        }
        if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
            return "run sysctl -w kernel.unprivileged_userns_clone=1"
        }
        if setting("/proc/sys/user/max_user_namespaces") == "0" || errno == .noSpace {
            return "raise user.max_user_namespaces with sysctl"
        }
        return isUnderSystemd
            ? "remove RestrictNamespaces=, SystemCallFilter=~@mount and PrivateUsers= from the unit"
            : "a seccomp filter of a container engine forbids it: allow clone, unshare and mount there"
    }

    private func setting(_ path: String) -> String? {
        (try? FileSystem.read(path, limit: 64)).map { bytes in
            String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
    }

    // MARK: The verdict

    private func tryStart() -> (code: Int32, verdict: String) {
        var options = options
        options.command = [ByteString("/usr/bin/true")]
        do {
            let (profile, _) = try launch.profile(options, creating: false)
            let plan = try launch.plan(profile, options, preparing: false)
            // In a child: the steps of the supervisor cannot be taken back.
            let child: ChildProcess?
            do {
                child = try ChildProcess.clone([])
            } catch {
                return (ExitCode.unavailable.rawValue, "a start fails: clone answers \(error.name)")
            }
            guard let child else { _exit(Self.code(of: Supervisor(plan: plan).run { _ in })) }
            guard case .exited(let code) = try? child.wait() else {
                return (ExitCode.isolation.rawValue, "a start fails: the trial was killed")
            }
            return code == 0
                ? (0, "a start works on this host") : (code, "a start fails on this host with exit status \(code)")
        } catch {
            return (error.exitCode.rawValue, "a start is refused: \(error.description)")
        }
    }

    private static func code(of outcome: Supervisor.Outcome) -> Int32 {
        switch outcome {
        case .ended(let code): code
        case .failed(let error): error.exitCode.rawValue
        case .initKilled: ExitCode.isolation.rawValue
        }
    }
}
