import Enforcement
import Linux
import Policy
import Profiles
import SystemPackage

/// A cage as it is to be put on: what is permitted, with the places it is about opened.
struct Cage {
    let policy: ToolPolicy
    let kind: ToolPolicy.Kind
    let filter: [UInt8]
    let arguments: CageArguments
    let workspace: FileDescriptor
    /// A directory that the call has for itself; nil for operations on files, which need none.
    let temporary: TemporaryDirectory?
    let keptOut: [FileDescriptor]
    let environment: [EnvironmentVariable]
    let mutation: Mutation

    /// The cage that `arguments` ask for, by the policy that belongs to the helper at `executable`.
    init(
        _ arguments: CageArguments, executable: AbsolutePath, inherited: [EnvironmentVariable]
    ) throws(CageError) {
        mutation = try Mutation(helper: executable)
        do throws(ProfileError) {
            let policies = PolicyFiles(ofHostFor: executable)
            let (policy, directory) = try policies.loadTools()
            self.policy = policy
            guard let kind = policy.kind(arguments.kind) else {
                let known = policy.kinds.map(\.name).joined(separator: ", ")
                throw ProfileError.invalid(
                    PolicyError(file: policy.file, message: "no kind \"\(arguments.kind)\"; there are \(known)"))
            }
            self.kind = kind
            filter = try CompiledFilters(launcher: executable, hasBroker: false)
                .program(file: directory / kind.seccomp, policies: policies, isSupervised: false).bytes
        } catch {
            throw CageError(.configuration, error.description)
        }
        guard kind.executes == (arguments.command != nil) else {
            throw CageError(
                .usage,
                kind.executes
                    ? "the kind \(kind.name) executes a program: add -- PROGRAM"
                    : "the kind \(kind.name) executes no program: leave -- PROGRAM out")
        }
        let abi = Landlock.abiVersion
        guard abi >= Self.landlockABI else {
            throw CageError(
                .unavailable,
                "a cage needs Landlock with ABI \(Self.landlockABI), and this kernel has \(abi == 0 ? "none" : "\(abi)"); use a "
                    + "kernel from 6.12 on, with landlock in the list of lsm=")
        }
        self.arguments = arguments
        workspace = try Self.directory(arguments.workspace, "workspace")
        var keptOut: [FileDescriptor] = []
        for path in arguments.keptOut {
            let place = try Self.directory(path, "directory to keep out")
            if mutation.keeps(.keepOut), try Self.contains(workspace, place, path) {
                throw CageError(
                    .configuration,
                    "the workspace \(arguments.workspace) holds \(path), which no tool may reach; move one of them")
            }
            keptOut.append(place)
        }
        self.keptOut = keptOut
        temporary = kind.executes ? try TemporaryDirectory() : nil
        var own = [("HOME", arguments.workspace.text), ("PWD", (arguments.directory ?? arguments.workspace).text)]
        if let temporary { own.append(("TMPDIR", temporary.path)) }
        environment =
            mutation.keeps(.environment)
            ? policy.environment(
                from: inherited,
                and: own.compactMap { EnvironmentVariable(name: $0.0, value: $0.1) } + arguments.environment)
            : inherited
    }

    /// The first with scopes of signals (landlock(7)).
    private static let landlockABI: Int32 = 6

    private static func directory(_ path: AbsolutePath, _ what: String) throws(CageError) -> FileDescriptor {
        do throws(Errno) {
            return try FileDescriptor.workingDirectory.open(path.text, flags: OpenFlag.path | OpenFlag.directory)
        } catch {
            throw CageError(
                .configuration, "cannot open the \(what) \(path): \(error.name) (\(error)); it must be a directory")
        }
    }

    /// Whether `place` is `directory` or lies below it, by whatever names.
    private static func contains(
        _ directory: FileDescriptor, _ place: FileDescriptor, _ path: AbsolutePath
    ) throws(CageError) -> Bool {
        do throws(Errno) {
            let wanted = try FileStatus(of: directory)
            var current = place
            defer { if current.rawValue != place.rawValue { current.discard() } }
            var last: FileStatus?
            while true {
                let status = try FileStatus(of: current)
                if status.inode == wanted.inode, status.device == wanted.device { return true }
                // The root is its own parent.
                if let last, last.inode == status.inode, last.device == status.device { return false }
                last = status
                let parent = try current.open("..", flags: OpenFlag.path | OpenFlag.directory)
                if current.rawValue != place.rawValue { current.discard() }
                current = parent
            }
        } catch {
            throw CageError(.isolation, "cannot find out what holds \(path): \(error.name) (\(error))")
        }
    }

    /// Puts this process under the Landlock rules for good.
    func applyLandlock() throws(Errno) {
        let handled = Landlock.FileAccess.handled(abi: min(Landlock.abiVersion, 7))
        let landlock = try Landlock(
            files: mutation.keeps(.landlockFiles) ? handled : [],
            ports: mutation.keeps(.landlockPorts) ? [.bind, .connect] : [],
            scope: mutation.keeps(.landlockScopes) ? [.abstractUnixSocket, .signal] : [])
        if mutation.keeps(.landlockFiles) {
            for path in policy.executable where kind.executes {
                try Self.allow([.read, .execute], beneath: path, landlock)
            }
            for path in policy.readable { try Self.allow(.read, beneath: path, landlock) }
            for path in policy.writable { try Self.allow([.readFile, .writeFile], beneath: path, landlock) }
            var access: Landlock.FileAccess = .read
            if kind.writesWorkspace { access.formUnion(.write) }
            if kind.executes { access.insert(.execute) }
            try landlock.allow(access.intersection(handled), on: workspace)
            if let temporary { try landlock.allow([.read, .write, .execute], on: temporary.descriptor) }
        }
        if mutation.keeps(.landlockPorts) {
            for port in kind.connectPorts { try landlock.allow(.connect, port: port) }
        }
        try landlock.restrictSelf()
    }

    /// Allows `access` at `path`, if there is such a thing on this host.
    private static func allow(
        _ access: Landlock.FileAccess, beneath path: AbsolutePath, _ landlock: Landlock
    ) throws(Errno) {
        let place: FileDescriptor
        do throws(Errno) {
            place = try FileDescriptor.workingDirectory.open(path.text, flags: OpenFlag.path)
        } catch {
            guard error == .noSuchFileOrDirectory || error == .permissionDenied else { throw error }
            return
        }
        defer { place.discard() }
        let isDirectory = try FileStatus(of: place).kind == .directory
        try landlock.allow(isDirectory ? access : access.subtracting(.readDirectory), on: place)
    }
}
