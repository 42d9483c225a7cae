import Glibc
import Linux
public import Policy
import SystemPackage

/// Carries out the steps of a plan that init and payload do to themselves: one exhaustive switch.
struct Enforcer {
    private let root = AbsolutePath.root / "proc"
    /// The new root, before it becomes "/".
    private var newRoot: FileDescriptor?
    /// Our own directory in the host's /proc, opened before the new root hides it.
    private let ownProcess: FileDescriptor
    /// A directory without entries, which overlayfs wants for a second layer. It is covered by what is mounted on it.
    private var emptyDirectory: FileDescriptor?
    /// The argument vectors, laid out before there is a filter to get in the way.
    private var execution: Execution?
    private let supervisor: Channel
    private let canary: Canary
    /// What the supervisor opened as root.
    private let openedFiles: OpenedFiles
    /// The socket the supervisor takes notifications from, until it is bound.
    private let notifications: FileDescriptor?
    /// What becomes of the standard streams.
    private let streams: StreamPipes
    /// Whether the memory of init, and of the payload's process until exec, is shut to others.
    private var isShut = false
    /// The filter's listener, until the supervisor has it.
    private var listener: FileDescriptor?

    init(
        supervisor: Channel, canary: Canary, openedFiles: OpenedFiles, notifications: FileDescriptor?,
        streams: StreamPipes
    ) throws(Errno) {
        self.supervisor = supervisor
        self.canary = canary
        self.openedFiles = openedFiles
        self.notifications = notifications
        self.streams = streams
        ownProcess = try FileDescriptor.workingDirectory.open("/proc/self", flags: OpenFlag.path | OpenFlag.directory)
    }

    /// Does `step`, or says why not.
    mutating func perform(_ step: Step) throws(EnforcementError) {
        do {
            try act(step)
        } catch {
            switch error {
            case .errno(let errno): throw EnforcementError(step: step, errno: errno)
            case .refusal(let refusal):
                throw EnforcementError(step: step, errno: refusal.errno, detail: refusal.detail)
            }
        }
    }

    private mutating func act(_ step: Step) throws(Failure) {
        switch step {
        case .joinControlGroup, .mapOwner, .openCredential, .becomeUser, .enterNamespaces, .startPayload:
            preconditionFailure("the supervisor does what takes root, and it and init make their own children")
        case .dieWithParent: try call(ProcessControl.dieWithParent)
        case .mapIdentity(let userID, let groupID), .nestUserNamespace(let userID, let groupID):
            try call { () throws(Errno) in
                if case .nestUserNamespace = step { try NamespaceSet.unshare(.user) }
                try IdentityMap.set(userID: userID, groupID: groupID, in: ownProcess)
            }
        case .bringUpLoopback: try call(NetworkInterface.bringUpLoopback)
        case .openProxy(let proxy): try openProxy(proxy)
        case .makeMountsPrivate: try call(Mounts.makePrivate)
        case .mountRoot(let bytes): try mountRoot(bytes: bytes)
        case .makeDirectory(let path, let mode): try makeDirectory(path, mode: mode)
        case .makeSymbolicLink(let path, let target):
            try inRoot { (root) throws(Errno) in
                try FileSystem.makeSymbolicLink(path.relative, to: target, in: root)
            }
        case .writeFile(let path, let content):
            try inRoot { (root) throws(Errno) in
                guard !content.isEmpty else { return try FileSystem.makeFile(path.relative, in: root, mode: 0o644) }
                let file = try root.open(path.relative, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
                try file.writeEverything(content.utf8)
                file.discard()
            }
        case .mountFileSystem(let mount): try self.mount(mount)
        case .bind(let bind): try self.bind(bind)
        case .mountView(let view): try self.mount(view)
        case .copyFile(let source, let destination): try copy(source, to: destination)
        case .mountOverlay(let overlay): try self.mount(overlay)
        case .bindNotificationSocket(let path): try bindNotificationSocket(at: path)
        case .placeCredential(let credential): try place(credential)
        case .openTerminal(let path): try openTerminal(path)
        case .relayStreams: try connectStreams()
        case .limitUserNamespaces(let maximum):
            try limitInNamespace("proc/sys/user/max_user_namespaces", to: Int64(maximum))
        case .limitInNamespace(let limit): try limitInNamespace(limit.resource.path.relative, to: limit.maximum)
        case .maskPath(let path): try mask(path)
        case .makePathReadOnly(let path): try makeReadOnly(path)
        case .sealRoot:
            try inRoot { (root) throws(Errno) in try Mounts.restrict(root, .readOnly, recursive: false) }
        case .pivotRoot: try inRoot { (root) throws(Errno) in try Mounts.pivot(to: root) }
        case .setHostName(let name): try call { () throws(Errno) in try HostName.set(name) }
        case .joinAnonymousKeyring: try call(ProcessControl.joinAnonymousKeyring)
        case .setLimit(let limit): try set(limit)
        case .dropCapabilities: try call(Capabilities.dropAll)
        case .setNoNewPrivileges: try call(ProcessControl.setNoNewPrivileges)
        case .becomeUndumpable:
            isShut = true
            try call { () throws(Errno) in
                try ProcessControl.becomeUndumpable()
                // The command line stays readable all the same, and holds paths of the host.
                try OwnProcess.hideArguments(behind: "mazelclaw-init")
            }
        case .startSession: try call(ProcessControl.startSession)
        case .takeTerminal: try call(Terminal(.standardInput).takeControl)
        case .setFileModeMask(let mask): ProcessControl.setFileModeMask(mask)
        case .changeDirectory(let path):
            try call { () throws(Errno) in try ProcessControl.changeDirectory(to: path.text) }
        case .applyLandlock(let rules): try call { () throws(Errno) in try LandlockRuleset(rules).apply() }
        case .closeDescriptors(let kept):
            try call { () throws(Errno) in
                try ProcessControl.closeOnExec(from: 3)
                for number in kept.numbers { try FileDescriptor(rawValue: number).setCloseOnExec(false) }
            }
        case .resetSignals: try call(Signals.reset)
        case .filterSystemCalls(let program): try install(program)
        case .handOverCalls: try handOverCalls()
        case .prove(let proofs): try prove(proofs)
        case .execute(let command): try execute(command)
        }
    }

    /// Lays out what execve(2) needs, so that nothing is left to allocate once the filter is in place.
    mutating func prepare(_ command: Command) {
        execution = Execution(command)
    }

    // MARK: System calls

    private mutating func install(_ program: SeccompProgram) throws(Failure) {
        do {
            guard program.isSupervised else { return try SeccompFilter.install(program.bytes) }
            // The supervisor copies descriptors out of this process, which inherited init's being shut to it. Its memory is
            // init's too: before anything else runs inside, `prove` and `execute` shut both.
            try ProcessControl.becomeDumpable()
            listener = try SeccompFilter.installNotifying(program.bytes)
        } catch {
            throw .errno(error)
        }
    }

    private mutating func handOverCalls() throws(Failure) {
        guard let listener else { preconditionFailure("the filter is installed first") }
        try call { () throws(Errno) in
            try supervisor.send(StartMessage.listening(on: listener.rawValue).bytes)
            // Whoever holds a listener answers for the filter: this copy must not live on.
            guard try supervisor.waitForMessage() == StartMessage.proceed else { throw .brokenPipe }
            listener.discard()
        }
        self.listener = nil
    }

    /// Opens the listeners inside that the proxy serves from outside.
    private func openProxy(_ proxy: ProxyPlan) throws(Failure) {
        try call { () throws(Errno) in
            var listeners: [FileDescriptor] = []
            var places = [InternetAddress(address: .loopback4, port: proxy.port)]
            if let port = proxy.gatewayPort {
                places += [.loopback4, .loopback6].map { InternetAddress(address: $0, port: port) }
            }
            for place in places {
                do throws(Errno) {
                    let listener = try FileDescriptor.internetSocket(isIPv6: !place.address.isIPv4, isStream: true)
                    try listener.bind(to: place.bytes)
                    try listener.listen(backlog: 128)
                    listeners.append(listener)
                } catch {
                    // A kernel without IPv6, or one that gives loopback none.
                    guard !place.address.isIPv4, error == .addressFamilyNotSupported || error == .addressNotAvailable
                    else { throw error }
                }
            }
            // Started by root, this process became another user's, and has been shut to all since.
            try ProcessControl.becomeDumpable()
            try supervisor.send(StartMessage.opened(listeners.map(\.rawValue)).bytes)
            guard try supervisor.waitForMessage() == StartMessage.proceed else { throw .brokenPipe }
            for listener in listeners { listener.discard() }
        }
    }

    /// Tries all of the acts, tells the supervisor how they ended, waits until it knows, and fails for the first that ended
    /// otherwise than it must.
    private func prove(_ proofs: [Proof]) throws(Failure) {
        var prover = Prover(canary: canary, execution: execution)
        let start = MonotonicClock.microseconds
        var errnos = [UInt8](repeating: 0, count: proofs.count)
        func attempt(_ isWanted: (Proof.Act) -> Bool) {
            for (index, proof) in proofs.enumerated() where isWanted(proof.act) {
                errnos[index] = UInt8(clamping: prover.outcome(of: proof.act))
            }
        }
        // First what the supervisor answers: it reaches into this process for that. Then nobody may any more, and init is
        // seen as the payload's program will see it.
        attempt(\.isAnsweredBySupervisor)
        try shutMemory()
        attempt { !$0.isAnsweredBySupervisor }
        let outcomes = ProofOutcomes(
            microseconds: Int32(clamping: MonotonicClock.microseconds - start), errnos: errnos)
        try call { () throws(Errno) in
            try supervisor.send(StartMessage.proved(outcomes).bytes)
            guard try supervisor.waitForMessage() == StartMessage.proceed else { throw .brokenPipe }
        }
        for (proof, errno) in zip(proofs, errnos) where !proof.expected.contains(Int32(errno)) {
            throw .refusal(SafePath.Refusal(errno: Errno(rawValue: Int32(errno)), detail: proof.guarantee))
        }
    }

    // MARK: Limits

    private func set(_ limit: ResourceLimit) throws(Failure) {
        try call { () throws(Errno) in
            // A ceiling can only be lowered; where the host's is lower already, that one stands.
            let ceiling = min(limit.hard, try ProcessControl.limit(limit.resource.number).hard)
            try ProcessControl.setLimit(limit.resource.number, soft: min(limit.soft, ceiling), hard: ceiling)
        }
    }

    /// Lowers a ceiling of the user namespace; one that is lower already stays.
    private func limitInNamespace(_ path: String, to maximum: Int64) throws(Failure) {
        try inRoot { (root) throws(Errno) in
            let file = try root.open(path, flags: O_RDWR)
            defer { file.discard() }
            try file.writeEverything("\(maximum)".utf8)
        }
    }

    // MARK: File systems

    private mutating func mountRoot(bytes: UInt64) throws(Failure) {
        do {
            let tree = try MountTree(temporary: bytes, mode: 0o755, [.noSetUserID, .noDevices])
            try tree.attach(at: root.text, in: .workingDirectory)
            newRoot = tree.root
        } catch {
            throw .errno(error)
        }
    }

    private func makeDirectory(_ path: AbsolutePath, mode: UInt32) throws(Failure) {
        try inRoot { (root) throws(Errno) in
            do throws(Errno) {
                try FileSystem.makeDirectory(path.relative, in: root, mode: mode)
            } catch {
                // A mount made earlier may bring the directory with it.
                guard error == .fileExists else { throw error }
            }
        }
    }

    private func mount(_ mount: FileSystemMount) throws(Failure) {
        try inRoot { (root) throws(Errno) in
            let tree = try makeFileSystem(mount.source, MountAttributes(mount.restrictions))
            defer { tree.root.discard() }
            try tree.attach(at: mount.destination.relative, in: root)
        }
    }

    private func makeFileSystem(
        _ source: PolicyMount.Source, _ attributes: MountAttributes
    ) throws(Errno) -> MountTree {
        switch source {
        case .temporary(let bytes, let mode): return try MountTree(temporary: bytes, mode: mode, attributes)
        case .processes: return try MountTree(of: FileSystemContext("proc"), attributes)
        case .terminals(let maximum):
            let context = try FileSystemContext("devpts")
            if let maximum { try context.set("max", to: "\(maximum)") }
            try context.set("newinstance")
            try context.set("ptmxmode", to: "0666")
            try context.set("mode", to: "0600")
            return try MountTree(of: context, attributes)
        case .bind, .view, .copy: preconditionFailure("these are steps of their own")
        }
    }

    private func bind(_ bind: TreeMount) throws(Failure) {
        let tree = try tree(at: bind.source, bind.expectation, isMapped: bind.isMapped)
        defer { tree.root.discard() }
        try inRoot { (root) throws(Errno) in
            try tree.restrict(MountAttributes(bind.restrictions), recursive: true)
            try tree.attach(at: bind.destination.relative, in: root)
        }
    }

    /// A copy of what stands at a path of the host, to be mounted.
    private func tree(
        at source: AbsolutePath, _ expectation: TreeMount.Expectation, isMapped: Bool
    ) throws(Failure) -> MountTree {
        guard !isMapped else {
            guard let tree = openedFiles.tree(of: source) else { preconditionFailure("it was mapped first") }
            try check(tree.root, source, expectation)
            return tree
        }
        // Opened here, after the namespace was made: a descriptor from outside it cannot be cloned.
        let place: FileDescriptor
        do {
            place = try expectation.open(source)
        } catch {
            throw .refusal(error)
        }
        defer { place.discard() }
        try check(place, source, expectation)
        do {
            return try MountTree(cloning: place)
        } catch {
            throw .errno(error)
        }
    }

    private func bindNotificationSocket(at path: AbsolutePath) throws(Failure) {
        guard let notifications, let address = NotificationAddress((root / path.relative).text) else {
            preconditionFailure("the supervisor makes the socket, and its path is short")
        }
        try call { () throws(Errno) in try notifications.bind(to: address.socketAddress) }
        // The supervisor has its own; a copy here would keep the socket alive after it.
        notifications.discard()
    }

    /// Gives the master to the supervisor, and the slave to this process and its children as their standard streams.
    private func openTerminal(_ path: AbsolutePath) throws(Failure) {
        try inRoot { (root) throws(Errno) in
            let (master, slave) = try Terminal.openPseudoterminal(path.relative, in: root)
            try supervisor.send(StartMessage.terminal.bytes, with: master.descriptor)
            // Whoever holds the master reads and types for everybody: this copy must not live on.
            master.descriptor.discard()
            // It has the caller's modes and size once there is a reply.
            guard try supervisor.waitForMessage() == StartMessage.proceed else { throw .brokenPipe }
            for standard in 0..<3 as Range<Int32> { try slave.descriptor.become(standard) }
            slave.descriptor.discard()
        }
    }

    private func connectStreams() throws(Failure) {
        try inRoot { (root) throws(Errno) in
            let null = try root.open("dev/null", flags: O_RDONLY)
            defer { null.discard() }
            try streams.connect(null: null)
        }
    }

    /// Shows a directory of root's through an overlay that nobody can write.
    private mutating func mount(_ view: View) throws(Failure) {
        let source: FileDescriptor
        do {
            source = try SafePath.open(view.source)
            try SafePath.checkRootOwns(source, view.source)
        } catch {
            throw .refusal(error)
        }
        source.discard()
        if emptyDirectory == nil {
            emptyDirectory = try inRoot { (root) throws(Errno) in
                try root.open(view.destination.relative, flags: OpenFlag.path | OpenFlag.directory)
            }
        }
        guard let emptyDirectory else { preconditionFailure("it was opened just now") }
        try inRoot { (root) throws(Errno) in
            // overlayfs takes its layers as paths, and two of them where nothing is written; from the empty directory it is
            // ".". In a user namespace it must keep its attributes to itself (userxattr).
            try ProcessControl.changeDirectory(to: emptyDirectory)
            let context = try FileSystemContext("overlay")
            try context.set("lowerdir", to: ".:\(view.source.text.escapedAsLayer)")
            try context.set("userxattr")
            let tree = try MountTree(of: context, MountAttributes(view.restrictions))
            defer { tree.root.discard() }
            try tree.attach(at: view.destination.relative, in: root)
        }
    }

    /// Writes what a file of the host holds into the new root.
    private func copy(_ source: AbsolutePath, to destination: AbsolutePath) throws(Failure) {
        let file: FileDescriptor
        do {
            // By the path again: a descriptor that only names a place cannot be read from.
            try SafePath.open(source).discard()
            file = try FileDescriptor.workingDirectory.open(source.text, flags: O_RDONLY | O_NONBLOCK)
        } catch let refusal as SafePath.Refusal {
            throw .refusal(refusal)
        } catch {
            throw .refusal(SafePath.Refusal(errno: error as? Errno ?? .ioError, detail: source.text))
        }
        defer { file.discard() }
        try inRoot { (root) throws(Errno) in
            let copy = try root.open(destination.relative, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            defer { copy.discard() }
            try copy.writeEverything(of: file)
        }
    }

    /// Copies a credential, for the payload's user alone.
    private func place(_ credential: ServiceCredential) throws(Failure) {
        guard let file = openedFiles.file(of: credential) else { preconditionFailure("it was opened first") }
        try inRoot { (root) throws(Errno) in
            let copy = try root.open(
                credential.destination.relative, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o400)
            defer { copy.discard() }
            try copy.writeEverything(of: file, limit: ServiceCredential.limit)
        }
    }

    private func mount(_ overlay: Overlay) throws(Failure) {
        let lower = try tree(at: overlay.directory, overlay.expectation, isMapped: overlay.isMapped)
        defer { lower.root.discard() }
        // The payload may have made a link of a directory on the way: it leads nowhere else inside the new root, and must
        // then lead to the very directory.
        let place = try inRoot { (root) throws(Errno) in
            try RootedWalk(start: root, isBeneath: true).open(overlay.directory.relative)
        }
        defer { place.discard() }
        if overlay.coversItself { try check(place, overlay.directory, overlay.expectation) }
        try inRoot { (root) throws(Errno) in
            let mount = try OverlayMount(root: root, path: self.root).make(
                over: lower, bytes: overlay.bytes, attributes: MountAttributes(overlay.restrictions))
            defer { mount.root.discard() }
            try mount.attach(at: "", in: place)
        }
    }

    private func check(
        _ source: FileDescriptor, _ path: AbsolutePath, _ expectation: TreeMount.Expectation
    ) throws(Failure) {
        do {
            try expectation.check(source, path)
        } catch {
            throw .refusal(error)
        }
    }

    private func mask(_ path: AbsolutePath) throws(Failure) {
        try inRoot { (root) throws(Errno) in
            guard let place = try place(of: path, in: root) else { return }
            defer { place.discard() }
            let cover: MountTree
            if try FileStatus(of: place).kind == .directory {
                cover = try MountTree(
                    temporary: 4096, mode: 0o555, [.readOnly, .noSetUserID, .noDevices, .noExecution])
            } else {
                let null = try root.open("dev/null", flags: OpenFlag.path)
                defer { null.discard() }
                cover = try MountTree(cloning: null)
            }
            defer { cover.root.discard() }
            try cover.attach(at: "", in: place)
        }
    }

    private func makeReadOnly(_ path: AbsolutePath) throws(Failure) {
        try inRoot { (root) throws(Errno) in
            guard let place = try place(of: path, in: root) else { return }
            defer { place.discard() }
            let tree = try MountTree(cloning: place)
            defer { tree.root.discard() }
            try tree.restrict([.readOnly, .noSetUserID, .noDevices, .noExecution], recursive: true)
            try tree.attach(at: "", in: place)
        }
    }

    /// What stands at a path of the policy; nil when nothing does, and nothing is to be covered then: the plan names
    /// what a new /proc may hold.
    private func place(of path: AbsolutePath, in root: FileDescriptor) throws(Errno) -> FileDescriptor? {
        do throws(Errno) {
            return try root.open(path.relative, flags: OpenFlag.path | OpenFlag.noFollow)
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return nil
        }
    }

    // MARK: Execution

    private func execute(_ command: Command) throws(Failure) {
        guard let execution else { preconditionFailure("prepared before the filter was installed") }
        try shutMemory()
        try call(execution.run)
    }

    /// Shuts init's memory again, which this process has until exec gives it one of its own.
    private func shutMemory() throws(Failure) {
        guard isShut else { return }
        do {
            try ProcessControl.becomeUndumpable()
        } catch {
            throw .refusal(SafePath.Refusal(errno: error, detail: "init's memory can be shut (PR_SET_DUMPABLE)"))
        }
    }

    // MARK: Failures

    private enum Failure: Error {
        case errno(Errno)
        case refusal(SafePath.Refusal)
    }

    private func call(_ body: () throws(Errno) -> Void) throws(Failure) {
        do {
            try body()
        } catch {
            throw .errno(error)
        }
    }

    private func inRoot<Result>(_ body: (FileDescriptor) throws(Errno) -> Result) throws(Failure) -> Result {
        guard let newRoot else { preconditionFailure("the root is mounted first") }
        do {
            return try body(newRoot)
        } catch {
            throw .errno(error)
        }
    }
}

extension String {
    /// The path as one layer among others, whose paths colons separate (overlayfs, Documentation/filesystems).
    fileprivate var escapedAsLayer: String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar == ":" || scalar == "\\" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}

extension MountAttributes {
    init(_ restrictions: MountRestrictions) {
        self = []
        if restrictions.contains(.readOnly) { insert(.readOnly) }
        if restrictions.contains(.noSetUserID) { insert(.noSetUserID) }
        if restrictions.contains(.noDevices) { insert(.noDevices) }
        if restrictions.contains(.noExecution) { insert(.noExecution) }
    }
}

extension ResourceLimit.Resource {
    /// The number of the resource (RLIMIT_*, getrlimit(2)).
    public var number: Int32 {
        switch self {
        case .addressSpace: Int32(RLIMIT_AS.rawValue)
        case .core: Int32(RLIMIT_CORE.rawValue)
        case .data: Int32(RLIMIT_DATA.rawValue)
        case .fileSize: Int32(RLIMIT_FSIZE.rawValue)
        case .lockedMemory: Int32(__RLIMIT_MEMLOCK.rawValue)
        case .messageQueues: Int32(__RLIMIT_MSGQUEUE.rawValue)
        case .openFiles: Int32(RLIMIT_NOFILE.rawValue)
        case .processes: Int32(__RLIMIT_NPROC.rawValue)
        case .pendingSignals: Int32(__RLIMIT_SIGPENDING.rawValue)
        case .stack: Int32(RLIMIT_STACK.rawValue)
        }
    }
}
