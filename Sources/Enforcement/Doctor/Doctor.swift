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
    private let caller: Caller
    private let degradations: [Degradation]
    /// The start that is tried. Of a profile that cannot be read the verdict tells.
    private let launch: Result<Launch, LaunchError>
    private let diagnosis = HostDiagnosis()
    /// Whom root becomes; nil for a start by its own user, or one that is refused before.
    private let user: UserIdentity?

    /// A doctor for a start of `options` by `caller`.
    public init(caller: Caller, options: LaunchOptions) {
        self.caller = caller
        degradations = options.start.degradations
        var options = options
        options.start.command = [ByteString("/usr/bin/true")]
        do {
            launch = .success(try Launch(options, by: caller, creating: false))
        } catch {
            launch = .failure(error)
        }
        guard Credentials.userID == 0, let user = try? launch.get().user.identity(assigning: false), user.userID != 0
        else {
            user = nil
            return
        }
        self.user = user
    }

    /// Tries everything.
    public func examine() -> DoctorReport {
        var report = DoctorReport(checks: checks, verdict: "", exitCode: 0)
        (report.exitCode, report.verdict) = tryStart()
        return report
    }

    // MARK: Checks

    private typealias Check = DoctorReport.Check

    private var checks: [Check] {
        let userNamespace = userNamespace
        let rest = [landlock, landlockErrata, openat2, userNotification, controlGroup] + ports + accounts
        // Without the first the others that need one would say nothing of their own.
        guard userNamespace.isHeld else { return [userNamespace] + rest }
        return [userNamespace, mount, freshProc, nestedUserNamespace, networkNamespace, pidfdGetfd] + rest
    }

    private var profile: Profile? { try? launch.get().profile }

    /// Tries as whom a start would: root becomes the payload's user before it makes namespaces.
    private func trial(in namespaces: NamespaceSet = [], _ body: () throws(Errno) -> Void) -> Errno? {
        Trial.run(as: user, in: namespaces, body)
    }

    private var userNamespace: Check {
        let errno = trial(in: .user) { () throws(Errno) in }
        return Check(
            name: "user namespace", isHeld: errno == nil, isRequired: true,
            finding: errno.map { "clone answers \($0.name)" } ?? "can be made",
            remedy: errno.map(diagnosis.namespaces) ?? "")
    }

    private var mount: Check {
        // Under AppArmor's restriction the namespace can be made, and only a use of its rights fails.
        let errno = trial(in: [.user, .mount]) { () throws(Errno) in
            let tree = try MountTree(of: FileSystemContext("tmpfs"), [])
            try tree.attach(at: "/proc", in: .workingDirectory)
        }
        return Check(
            name: "mount in a user namespace", isHeld: errno == nil, isRequired: true,
            finding: errno.map { "answers \($0.name)" } ?? "works", remedy: errno == nil ? "" : diagnosis.mounts)
    }

    private var freshProc: Check {
        let errno = trial(in: [.user, .mount, .pid]) { () throws(Errno) in
            let tree = try MountTree(of: FileSystemContext("proc"), [])
            try tree.attach(at: "/proc", in: .workingDirectory)
        }
        return Check(
            name: "fresh /proc", isHeld: errno == nil, isRequired: !degradations.contains(.proc),
            finding: errno.map { "answers \($0.name)" } ?? "works",
            remedy: errno.map { diagnosis.proc($0) + ", or accept --allow-degraded=proc" } ?? "")
    }

    private var nestedUserNamespace: Check {
        // Asked here: inside the namespace, before it has a map, every ID reads as the overflow ID.
        let (userID, groupID) = (user?.userID ?? Credentials.userID, user?.groupID ?? Credentials.groupID)
        let errno = trial(in: .user) { () throws(Errno) in
            let process = try FileDescriptor.workingDirectory.open("/proc/self", flags: OpenFlag.path)
            try IdentityMap.set(userID: userID, groupID: groupID, in: process)
            try NamespaceSet.unshare(.user)
        }
        return Check(
            name: "second user namespace", isHeld: errno == nil, isRequired: true,
            finding: errno.map { "unshare answers \($0.name)" } ?? "can be made",
            remedy: errno.map(diagnosis.namespaces) ?? "")
    }

    private var networkNamespace: Check {
        let errno = trial(in: [.user, .network], NetworkInterface.bringUpLoopback)
        return Check(
            name: "network namespace", isHeld: errno == nil, isRequired: profile?.network.isOwn ?? false,
            finding: errno.map { "answers \($0.name)" } ?? "can be made",
            remedy: errno.map { diagnosis.namespaces($0) + "; only \"network\": \"private\" and \"none\" need it" }
                ?? "")
    }

    private var landlock: Check {
        let given = Set(degradations)
        do throws(Errno) {
            let version = try Landlock.askForABIVersion()
            let isGivenUp = (version >= 4 || given.contains(.landlockNet)) && given.contains(.landlockScope)
            return Check(
                name: "Landlock", isHeld: version >= 6, isRequired: !given.contains(.landlock) && !isGivenUp,
                finding: "ABI \(version)",
                remedy: version >= 6 ? "" : "ports need ABI 4, scopes ABI 6: use a kernel from 6.12 on")
        } catch {
            let absence = diagnosis.landlockAbsence(error)
            return Check(
                name: "Landlock", isHeld: false, isRequired: !given.contains(.landlock), finding: absence.finding,
                remedy: absence.remedy)
        }
    }

    private var landlockErrata: Check {
        let (errata, version) = (Landlock.errata, Landlock.abiVersion)
        // The first is one of port rules, the second one of scopes, the third one of file rules (landlock(7)).
        let known: Int32 = version >= 6 ? 0b111 : version >= 4 ? 0b101 : 0b100
        let isHeld = errata & known == known
        return Check(
            name: "Landlock errata", isHeld: isHeld, isRequired: false,
            finding: "fixed: 0x\(String(errata, radix: 16))",
            remedy: isHeld ? "" : "a newer stable kernel fixes the rest of 0x\(String(known, radix: 16))")
    }

    private var openat2: Check {
        let errno = trial { () throws(Errno) in
            _ = try FileDescriptor.workingDirectory.open("/usr", flags: OpenFlag.path, resolve: .noSymbolicLinks)
        }
        return Check(
            name: "openat2", isHeld: errno == nil, isRequired: false,
            finding: errno.map { "answers \($0.name); paths are walked component by component" } ?? "works",
            remedy: errno == nil || !diagnosis.isUnderSystemd ? "" : "RestrictSUIDSGID= in the unit hides it")
    }

    private var pidfdGetfd: Check {
        // Of a process in a user namespace of one's own, as the payload's is: there one has every right that Yama asks
        // for.
        let errno = trial { () throws(Errno) in
            guard let child = try ChildProcess.clone(.user) else {
                while true { pause() }
            }
            defer { kill(child.processID, SIGKILL) }
            let thread = try ForeignThread(threadID: child.processID)
            try thread.takeDescriptor(0).discard()
        }
        return Check(
            name: "pidfd_getfd", isHeld: errno == nil, isRequired: !degradations.contains(.broker),
            finding: errno.map { "answers \($0.name)" } ?? "works",
            remedy: errno == nil ? "" : diagnosis.broker + ", or accept --allow-degraded=broker")
    }

    private var userNotification: Check {
        let errno = trial { () throws(Errno) in
            try ProcessControl.setNoNewPrivileges()
            // SECCOMP_RET_ALLOW for every call: what matters is whether a listener is given.
            let permit = BPFProgram.Instruction(code: 0x06, operand: SeccompAction.allow.returnValue)
            guard let program = BPFProgram(instructions: [permit]) else { throw .invalidArgument }
            try SeccompFilter.installNotifying(program.bytes).discard()
        }
        return Check(
            name: "seccomp user notification", isHeld: errno == nil,
            isRequired: !degradations.contains(.broker), finding: errno.map { "answers \($0.name)" } ?? "works",
            remedy: errno.map { diagnosis.seccomp($0) + ", or accept --allow-degraded=broker" } ?? "")
    }

    /// Whether what the profile says in "limits" can be held; for one that says nothing, whether it could.
    private var controlGroup: Check {
        let limits = profile?.limits ?? ControlGroupLimits()
        let refusal = SandboxGroup.makeRoom(for: limits)
        return Check(
            name: "cgroup delegation", isHeld: refusal == nil,
            isRequired: !limits.isEmpty && !degradations.contains(.limits),
            finding: refusal.map { "\($0.errno.name): \($0.detail)" } ?? "this cgroup can be divided",
            remedy: refusal.map { diagnosis.controlGroups($0.errno) } ?? "")
    }

    /// Whether anything keeps the payload from using all memory of the host.
    private func memory(of plan: SandboxPlan) -> Check {
        let finding =
            plan.groupLimits?.memory.map { "\(TemporarySize.text($0)), by the profile" }
            ?? (EnclosingMemoryLimit.isThere ? "by the cgroup that the launcher is in" : nil)
        return Check(
            name: "memory limit", isHeld: finding != nil, isRequired: false, finding: finding ?? "none",
            remedy: finding == nil
                ? "set \"limits\": {\"memory\": \"2g\"} in the profile, or MemoryMax= in the unit" : "")
    }

    /// What a start would share with others; nothing for a profile that cannot be planned, as the verdict says.
    private var accounts: [Check] {
        guard let plan = try? launch.get().plan(preparing: false) else { return [] }
        return [userID(of: plan), memory(of: plan)] + openFiles(of: plan)
    }

    /// Whose accounts the payload's use is put down to.
    private func userID(of plan: SandboxPlan) -> Check {
        let isShared = !plan.user.isOwn
        return Check(
            name: "user ID of its own", isHeld: !isShared, isRequired: false,
            finding: isShared
                ? plan.sharingSentence ?? "user ID \(plan.user.userID) is also that of its user's other programs"
                : "\(plan.user.userID)",
            remedy: isShared ? "let root or a system unit start the profile without \"user\" and --user" : "")
    }

    /// Whether the payload's processes together can use up the files that the whole host may have open (proc_sys_fs(5),
    /// file-max); nothing where the policy sets no limits.
    private func openFiles(of plan: SandboxPlan) -> [Check] {
        var limits: [ResourceLimit.Resource: UInt64] = [:]
        for case .setLimit(let limit) in plan.steps { limits[limit.resource] = limit.hard }
        let text = (try? FileSystem.read("/proc/sys/fs/file-max", limit: 4096)) ?? []
        guard let files = limits[.openFiles], let processes = limits[.processes],
            let most = UInt64(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
        else { return [] }
        let (all, overflows) = files.multipliedReportingOverflow(by: processes)
        let isHeld = !overflows && all < most
        return [
            Check(
                name: "open files of the host", isHeld: isHeld, isRequired: false,
                finding: "\(processes) processes with \(files) files each, of \(most) (fs.file-max)",
                remedy: isHeld
                    ? "" : "raise fs.file-max, as systemd does, or lower RLIMIT_NOFILE in \(plan.policy)")
        ]
    }

    private var ports: [Check] {
        guard let profile, profile.network != .none,
            let ports = PortSet(base: profile.basePort, pinned: profile.cdpPorts)
        else { return [] }
        let warning = EphemeralPorts.ofHost.warning(about: ports, of: profile.name)
        return [
            Check(
                name: "ports", isHeld: warning == nil, isRequired: false,
                finding: warning ?? "outside the kernel's ephemeral range", remedy: "")
        ]
    }

    // MARK: The verdict

    private func tryStart() -> (code: Int32, verdict: String) {
        do {
            let plan = try launch.get().plan(preparing: false)
            try InstanceClaim.checkRegistry(of: caller)
            // In a child: the steps of the supervisor cannot be taken back.
            let pipe = try Pipe()
            let child: ChildProcess?
            do {
                child = try ChildProcess.clone([])
            } catch {
                // Where there can be no process at all nothing is done that would have to be taken back.
                let outcome = Supervisor(plan: plan).run { _ in }
                return (outcome.exitCode, "a start fails: \(outcome.failure ?? error.name)")
            }
            guard let child else {
                let outcome = Supervisor(plan: plan).run { _ in }
                try? pipe.writer.writeEverything((outcome.failure ?? "").utf8)
                _exit(outcome.exitCode)
            }
            pipe.writer.discard()
            let failure = String(decoding: try pipe.reader.readEverything(), as: UTF8.self)
            switch try child.wait() {
            case .exited(0): return (0, "a start works on this host")
            case .exited(let code): return (code, "a start fails: \(failure)")
            case .killed(let signal): return (128 + signal, "a start is killed by signal \(signal)")
            }
        } catch let error as LaunchError {
            return (error.exitCode.rawValue, "a start is refused: \(error.description)")
        } catch {
            return (ExitCode.unavailable.rawValue, "a start cannot be tried: \((error as? Errno)?.name ?? "\(error)")")
        }
    }
}
