import Linux
public import Policy
public import SystemPackage

/// A step that could not be carried out. No payload ran.
public struct EnforcementError: Error, Equatable, Sendable {
    /// The step of the plan that failed.
    public var step: Step
    /// What the kernel answered.
    public var errno: Errno
    /// The place or reason, where the step alone does not tell; nothing otherwise.
    public var detail: String
    /// What to do about it on this host, found out once it had failed; nothing before.
    var remedy = ""

    init(step: Step, errno: Errno, detail: String = "") {
        self.step = step
        self.errno = errno
        self.detail = detail
    }
}

extension EnforcementError {
    /// The exit code that tells a supervisor what to do about it.
    public var exitCode: ExitCode {
        switch step {
        case .execute: errno == .noSuchFileOrDirectory ? .notFound : .notExecutable
        case _ where Self.passing.contains(errno): .isolation
        case .joinControlGroup, .enterNamespaces, .mapIdentity, .nestUserNamespace, .applyLandlock, .filterSystemCalls,
            .handOverCalls:
            .unavailable
        case .mapOwner where errno == .invalidArgument || errno == .notPermitted: .unavailable
        case .mountFileSystem(let mount) where mount.source == .processes: .unavailable
        case .mountOverlay where isRefusedByKernel: .unavailable
        case .mountView where isRefusedByKernel: .unavailable
        // Every other step has failed for this once, as far as anybody knows; a unit may try again.
        default: needsNothingOfTheHost && errno.isRefusal ? .unavailable : .isolation
        }
    }

    /// Not what the host lacks for good: it may have it again a moment later.
    private static var passing: [Errno] { [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory, .noSuchProcess] }

    /// Whether namespaces of one's own give all the rights the step takes: who refuses it then stands above the launcher
    /// (a security module, a unit's or a container's filter), and will refuse it again.
    private var needsNothingOfTheHost: Bool {
        switch step {
        case .becomeUser, .bringUpLoopback, .makeMountsPrivate, .mountRoot, .mountFileSystem, .openTerminal, .maskPath,
            .makePathReadOnly, .sealRoot, .pivotRoot, .setHostName, .joinAnonymousKeyring:
            true
        // Files, limits or other processes may be at fault: the code is then the one that a unit tries again.
        case .joinControlGroup, .mapOwner, .openCredential, .enterNamespaces, .dieWithParent, .mapIdentity,
            .openProxy, .makeDirectory, .makeSymbolicLink, .writeFile, .bind, .mountView, .copyFile, .mountOverlay,
            .bindNotificationSocket, .placeCredential, .relayStreams, .limitUserNamespaces, .limitInNamespace,
            .nestUserNamespace, .setLimit, .dropCapabilities, .setNoNewPrivileges, .becomeUndumpable, .startPayload,
            .startSession, .takeTerminal, .setFileModeMask, .changeDirectory, .applyLandlock, .closeDescriptors,
            .resetSignals, .filterSystemCalls, .handOverCalls, .prove, .execute:
            false
        }
    }

    /// Whether no file or directory is at fault, which the detail would name, nor what is only scarce.
    private var isRefusedByKernel: Bool { detail.isEmpty && errno != .noSpace }

    /// What is given up to start without this step.
    private var guarantee: Degradation? {
        switch step {
        case .joinControlGroup: .limits
        case .mountFileSystem(let mount) where mount.source == .processes: .proc
        case .mountView where isRefusedByKernel: .ownInodes
        case .applyLandlock: .landlock
        case .filterSystemCalls where errno == .resourceBusy: .broker
        case .handOverCalls: .broker
        // Nothing else can be given up: the start ends.
        case .mapOwner, .openCredential, .becomeUser, .enterNamespaces, .dieWithParent, .mapIdentity,
            .bringUpLoopback, .openProxy, .makeMountsPrivate, .mountRoot, .makeDirectory, .makeSymbolicLink,
            .writeFile, .mountFileSystem, .bind, .mountView, .copyFile, .mountOverlay, .bindNotificationSocket,
            .placeCredential, .openTerminal, .relayStreams, .limitUserNamespaces, .limitInNamespace, .maskPath,
            .makePathReadOnly, .sealRoot, .pivotRoot, .setHostName, .nestUserNamespace, .joinAnonymousKeyring,
            .setLimit, .dropCapabilities, .setNoNewPrivileges, .becomeUndumpable, .startPayload, .startSession,
            .takeTerminal, .setFileModeMask, .changeDirectory, .closeDescriptors, .resetSignals, .filterSystemCalls,
            .prove, .execute:
            nil
        }
    }
}

extension EnforcementError: CustomStringConvertible {
    /// One sentence: what, where, what next.
    public var description: String {
        let place = detail.isEmpty ? "" : ": \(detail)"
        switch step {
        case .execute(let command):
            return "cannot execute \(command.program) inside the sandbox: \(errno.name) (\(errno)); "
                + (exitCode == .notFound
                    ? "only /usr, the workspace and what --bind adds are visible there"
                    : "it must be an executable file for this machine")
        case .bind(let bind):
            return "cannot bind \(bind.source) at \(bind.destination): \(errno.name) (\(errno))\(place); "
                + (errno == .permissionDenied
                    ? "let the sandbox's user reach it (chmod o+x on the directories above), or move it"
                    : "correct the path, or make it a plain directory of its user")
        case .mapOwner(let tree) where exitCode == .unavailable:
            return
                "this host cannot show the files in \(tree.source) under a user ID of the profile's own: \(errno.name) "
                + "(\(errno))\(place); keep them on ext4, xfs, btrfs or tmpfs, outside of a container that maps IDs, or set "
                + "\"identity\": \"user\" in the profile, which then shares its user's ID with all of that user's programs"
        case .mountOverlay where isRefusedByKernel:
            let remedy = remedy.isEmpty ? "use a kernel from 6.6 on with overlayfs and mount nothing below it" : remedy
            return "this host cannot hold the guarantee \"workspace-overlay\": step \"\(name)\" failed: \(errno.name) "
                + "(\(errno)); \(remedy), or leave out --workspace-overlay and \"workspaceOverlay\" of the profile, and "
                + "what is written stays"
        case .prove:
            return "the guarantee \"\(detail)\" does not hold: it was tried and "
                + (errno.rawValue == 0 ? "succeeded" : "answered \(errno.name) (\(errno))")
                + "; nothing was run; compare mazelclaw-run explain with what --bind, the policy and the profile add"
        // The step's name, its place and `guarantee` say of every other what there is to say.
        default:
            let sentence = "step \"\(name)\" failed: \(errno.name) (\(errno))\(place)"
            guard let guarantee else { return "\(sentence); \(advice)" }
            return PlanError.unavailable(guarantee: guarantee, found: sentence, remedy: advice).description
        }
    }

    /// The step by its name, and what it acts on where that is a place rather than a list.
    private var name: String {
        switch step {
        case .enterNamespaces, .applyLandlock, .filterSystemCalls: step.name
        // Of any other, too much rather than too little.
        default: step.summary
        }
    }

    private var advice: String {
        guard remedy.isEmpty else { return remedy }
        switch exitCode {
        case .unavailable: return "this host lacks it or forbids it: run mazelclaw-run doctor to see why"
        default:
            switch errno {
            case .noSpace, .noMemory: return "free memory or raise the limits"
            case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
                return "raise the limit on open files (RLIMIT_NOFILE, fs.file-max)"
            default: return "run mazelclaw-run doctor"
            }
        }
    }
}
