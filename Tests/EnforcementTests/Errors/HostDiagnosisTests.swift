import Foundation
import Linux
import SystemPackage
import Testing

@testable import Enforcement
@testable import Policy

/// What a poor host is told, for each cause that its /proc can show.
@Suite struct HostDiagnosisTests {
    /// A host whose /proc is written by the test, and goes with it.
    private final class Host {
        let root = NSTemporaryDirectory() + "mazelclaw-host-\(UUID().uuidString)"

        /// A host where user 1000 is itself, nothing is confined or filtered, and /proc is whole.
        init() throws {
            try FileManager.default.createDirectory(atPath: root + "/proc/sys", withIntermediateDirectories: true)
            try write("self/uid_map", "         0          0 4294967295\n")
            try write("self/status", "Name:\tmazelclaw-run\nSeccomp:\t0\n")
            try write("self/mountinfo", "24 1 0:22 / /proc rw - proc proc rw\n")
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        func write(_ name: String, _ text: String) throws {
            let file = URL(filePath: "\(root)/proc/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }

        func diagnosis(inUnit: Bool = false, userID: UInt32 = 1000, domains: Int = 0) -> HostDiagnosis {
            // It reads the files when it is asked, and so keeps them.
            HostDiagnosis(
                root: root, isUnderSystemd: inUnit, userID: userID,
                outerDomains: { withExtendedLifetime(self) { domains } })
        }
    }

    private static let filtered = "Name:\tmazelclaw-run\nSeccomp:\t2\n"

    @Test func `a host that forbids user namespaces for no reason it shows is sent to its log`() throws {
        for inUnit in [false, true] {
            #expect(
                try Host().diagnosis(inUnit: inUnit).namespaces(.notPermitted)
                    == "this host forbids user namespaces: see the log of its security modules")
        }
    }

    @Test(arguments: ["user", "mnt", "pid", "ipc", "uts", "cgroup"])
    func `a limit of zero is named, whichever kind of namespace it is of`(kind: String) throws {
        let host = try Host()
        try host.write("sys/user/max_\(kind)_namespaces", "0\n")
        for errno in [Errno.noSpace, .tooManyUsers] {
            #expect(host.diagnosis().namespaces(errno) == "raise user.max_\(kind)_namespaces with sysctl")
        }
        // Where none is zero, it is user namespaces that are used up.
        try host.write("sys/user/max_\(kind)_namespaces", "100\n")
        #expect(host.diagnosis().namespaces(.noSpace) == "raise user.max_user_namespaces with sysctl")
    }

    @Test(
        arguments: [
            ("0 0 4294967295", 1000, true), ("0 100000 1000", 999, true), ("0 100000 1000", 1000, false),
            ("1000 1000 1", 1000, true), ("1001 1001 1", 1000, false), ("0 0 1\n1000 5 1", 1000, true), ("", 0, false),
            ("0 0", 0, false), ("x 0 1", 0, false),
        ] as [(String, UInt32, Bool)])
    func `a user without an ID in its user namespace is told so`(map: String, userID: UInt32, isMapped: Bool) throws {
        let host = try Host()
        try host.write("self/uid_map", map + "\n")
        let (shell, unit) = (host.diagnosis(userID: userID), host.diagnosis(inUnit: true, userID: userID))
        #expect(shell.namespaces(.notPermitted).hasPrefix("start the launcher as a user that") == !isMapped)
        #expect(unit.namespaces(.notPermitted).hasPrefix("remove PrivateUsers= from the unit") == !isMapped)
    }

    @Test func `Debian's setting counts for all but root`() throws {
        let host = try Host()
        try host.write("sys/kernel/unprivileged_userns_clone", "0\n")
        let remedy = "set kernel.unprivileged_userns_clone=1 with sysctl"
        #expect(host.diagnosis().namespaces(.notPermitted) == remedy)
        #expect(host.diagnosis(userID: 0).namespaces(.notPermitted) != remedy)
        try host.write("sys/kernel/unprivileged_userns_clone", "1\n")
        #expect(host.diagnosis().namespaces(.notPermitted) != remedy)
    }

    @Test func `AppArmor is named by the profile that confines the launcher, or by its setting`() throws {
        let host = try Host()
        try host.write("self/attr/apparmor/current", "snap.shell (enforce)\n")
        #expect(
            host.diagnosis().namespaces(.permissionDenied)
                == "let the AppArmor profile \"snap.shell\" hold \"userns,\"")
        #expect(host.diagnosis().mounts.contains("\"mount, umount, pivot_root,\""))
        #expect(host.diagnosis().broker == "let the AppArmor profile \"snap.shell\" hold \"ptrace,\"")
        try host.write("self/attr/apparmor/current", "unconfined\n")
        #expect(!host.diagnosis().namespaces(.permissionDenied).contains("AppArmor"))
        try host.write("sys/kernel/apparmor_restrict_unprivileged_userns", "1\n")
        #expect(host.diagnosis().namespaces(.permissionDenied).hasPrefix("install an AppArmor profile"))
    }

    @Test func `a filter over the launcher is a unit's, or a container engine's`() throws {
        let host = try Host()
        try host.write("self/status", Self.filtered)
        let (shell, unit) = (host.diagnosis(), host.diagnosis(inUnit: true))
        #expect(shell.namespaces(.notPermitted).hasPrefix("let the seccomp filter over the launcher"))
        #expect(unit.namespaces(.notPermitted).hasPrefix("let RestrictNamespaces= of the unit name"))
        #expect(shell.mounts.hasSuffix("umount2 and pivot_root"))
        #expect(unit.mounts == "let SystemCallFilter= of the unit hold @mount")
        // One that is only a part of another number is none.
        try host.write("self/status", "Seccomp_filters:\t2\nSeccomp:\t20\n")
        #expect(host.diagnosis().namespaces(.notPermitted).hasPrefix("this host forbids"))
    }

    @Test(arguments: [(1, "a Landlock domain over"), (3, "3 Landlock domains over")] as [(Int, String)])
    func `a Landlock domain over the launcher forbids every mount`(count: Int, beginning: String) throws {
        #expect(try Host().diagnosis(domains: count).mounts.hasPrefix(beginning))
        #expect(try Host().diagnosis(domains: count).remedy(for: .pivotRoot, .notPermitted).hasPrefix(beginning))
        #expect(try !Host().diagnosis().mounts.contains("Landlock"))
    }

    @Test(
        arguments: [
            (["/proc/kcore"], false, "the host's /proc is covered at /proc/kcore"),
            (["/proc/sys", "/proc/kmsg"], true, "remove ProtectKernelTunables=, ProtectKernelLogs= from the unit"),
            (["/proc/acpi"], true, "remove what covers /proc/acpi from the unit"),
            (["/proc/sys/fs/binfmt_misc"], true, ""), ([], false, ""),
        ] as [([String], Bool, String)])
    func `what covers the host's proc is named`(covers: [String], inUnit: Bool, beginning: String) throws {
        let host = try Host()
        let lines = covers.map { "30 24 0:30 / \($0) rw - tmpfs tmpfs rw\n" }.joined()
        try host.write("self/mountinfo", "24 1 0:22 / /proc rw - proc proc rw\n" + lines)
        let remedy = host.diagnosis(inUnit: inUnit).proc(.resourceBusy)
        #expect(beginning.isEmpty ? remedy.isEmpty : remedy.hasPrefix(beginning), "\(remedy)")
    }

    @Test func `a proc that shows processes alone is a unit's ProcSubset, or a container's`() throws {
        let host = try Host()
        try FileManager.default.removeItem(atPath: host.root + "/proc/sys")
        #expect(host.diagnosis(inUnit: true).proc(.notPermitted).hasPrefix("remove ProcSubset= from the unit"))
        #expect(host.diagnosis().proc(.notPermitted).contains("covered at all but the processes"))
        // Nothing covers it: then it is mounts that are forbidden.
        #expect(try Host().diagnosis().proc(.notPermitted) == Host().diagnosis().mounts)
    }

    @Test(
        arguments: [
            (Errno.noFunction, "the kernel has no Landlock"), (.notSupported, "Landlock is switched off"),
            (.notPermitted, "landlock_create_ruleset(2) answers EPERM"),
        ] as [(Errno, String)])
    func `why there is no Landlock is told by what the kernel answers`(errno: Errno, finding: String) throws {
        let absence = try Host().diagnosis().landlockAbsence(errno)
        #expect(absence.finding == finding)
        #expect(!absence.remedy.isEmpty)
    }

    @Test(
        arguments: [
            (Errno.noSuchFileOrDirectory, "boot the host with cgroups"),
            (.notSupported, "let Delegate= of the unit name"),
            (.resourceBusy, "start each instance in a unit"), (.permissionDenied, "set Delegate=yes"),
        ] as [(Errno, String)])
    func `why the cgroup cannot be divided is told by what the kernel answers`(errno: Errno, beginning: String) throws {
        #expect(try Host().diagnosis(inUnit: true).controlGroups(errno).hasPrefix(beginning))
    }

    @Test func `ptrace that is switched off stays off until the host is started again`() throws {
        let host = try Host()
        for (scope, isOff) in [("0", false), ("1", false), ("2", false), ("3", true)] {
            try host.write("sys/kernel/yama/ptrace_scope", scope + "\n")
            #expect(host.diagnosis().broker.hasPrefix("start the host with kernel.yama.ptrace_scope") == isOff)
        }
    }

    @Test func `a step's remedy is that of what it needs, and a family that is missing is told for any`() throws {
        let host = try Host().diagnosis(inUnit: true)
        let processes = Step.mountFileSystem(
            FileSystemMount(source: .processes, destination: .root / "proc", restrictions: []))
        #expect(host.remedy(for: .enterNamespaces([.user]), .noSpace) == host.namespaces(.noSpace))
        #expect(
            host.remedy(for: .joinControlGroup(ControlGroupLimits()), .resourceBusy).hasPrefix("start each instance"))
        #expect(host.remedy(for: processes, .notPermitted) == host.proc(.notPermitted))
        #expect(host.remedy(for: .pivotRoot, .notPermitted) == host.mounts)
        #expect(host.remedy(for: .setHostName("x"), .notPermitted).hasPrefix("remove ProtectHostname="))
        #expect(host.remedy(for: .applyLandlock(LandlockRules.none), .noFunction) == host.landlock)
        #expect(host.remedy(for: .handOverCalls, .notPermitted) == host.broker)
        #expect(host.remedy(for: .becomeUser(userID: 7, groupID: 7), .invalidArgument).contains("7 is nobody's ID"))
        #expect(host.remedy(for: .becomeUser(userID: 7, groupID: 7), .notPermitted).contains("CAP_SETUID"))
        // What no kernel or unit is to blame for has no remedy here.
        for step in [Step.pivotRoot, .setHostName("x"), .joinAnonymousKeyring, .applyLandlock(LandlockRules.none)] {
            #expect(host.remedy(for: step, .ioError).isEmpty, "\(step.name)")
        }
        for step in [Step.dieWithParent, .startPayload, .setFileModeMask(0o077), .prove([]), .dropCapabilities] {
            #expect(host.remedy(for: step, .notPermitted).isEmpty, "\(step.name)")
            #expect(
                host.remedy(for: step, .addressFamilyNotSupported).hasPrefix("let RestrictAddressFamilies="),
                "\(step.name)")
        }
    }
}

extension LandlockRules {
    /// A domain that allows nothing.
    fileprivate static var none: LandlockRules { LandlockRules(abi: 7, files: [], scopes: []) }
}
