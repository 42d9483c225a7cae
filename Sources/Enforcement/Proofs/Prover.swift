import Glibc
import Linux
import Policy
import SystemPackage

/// Tries acts in the payload's process, right before exec. None leaves anything behind: what should fail and succeeds
/// ends the start.
struct Prover {
    /// What the supervisor holds and is in; nil where there is none.
    let canary: Canary?
    /// What exec is going to be given; nil where there is none.
    let execution: Execution?
    /// A socket for IPv4 and TCP that could not be bound, and is as good as new for the next try; exec closes it.
    private var unbound: FileDescriptor?

    init(canary: Canary?, execution: Execution?) {
        self.canary = canary
        self.execution = execution
    }

    /// How the act ended: an errno, or 0.
    mutating func outcome(of act: Proof.Act) -> Int32 {
        do throws(Errno) {
            try attempt(act)
            return 0
        } catch {
            return error.rawValue
        }
    }

    private mutating func attempt(_ act: Proof.Act) throws(Errno) {
        let here = FileDescriptor.workingDirectory
        switch act {
        case .open(let path): try here.open(path.text, flags: O_RDONLY | O_NONBLOCK).discard()
        case .openForWriting(let path): try here.open(path.text, flags: O_WRONLY | O_NONBLOCK).discard()
        case .readLink(let path): _ = try FileSystem.readSymbolicLink(path.text)
        case .accessForWriting(let path): try FileSystem.checkAccess(path.text, W_OK)
        case .makeDirectory(let path):
            try FileSystem.makeDirectory(path.text, in: here, mode: 0o700)
            _ = rmdir(path.text)
        case .bind(.tcp, .v4(let address), let port):
            let socket: FileDescriptor
            if let unbound {
                socket = unbound
            } else {
                socket = try .internetSocket(isIPv6: false, isStream: true)
                unbound = socket
            }
            try bind(socket, to: InternetAddress(address: .v4(address), port: port))
            unbound = nil
            socket.discard()
        case .bind(let transport, let address, let port):
            let socket = try FileDescriptor.internetSocket(
                isIPv6: !address.isIPv4, isStream: transport == .tcp)
            defer { socket.discard() }
            try bind(socket, to: InternetAddress(address: address, port: port))
        case .listenUnbound:
            let socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: true)
            defer { socket.discard() }
            try socket.listen(backlog: 1)
        case .connect(let port):
            try connect(
                try .internetSocket(isIPv6: false, isStream: true),
                to: InternetAddress(address: .loopback4, port: port).bytes)
        case .findRoute(let address):
            try connect(
                try .internetSocket(isIPv6: !address.isIPv4, isStream: false),
                to: InternetAddress(address: address, port: 9).bytes)
        case .leaveLoopback(let port):
            let socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: true)
            defer { socket.discard() }
            try socket.setSocketOption(SOL_SOCKET, SO_REUSEADDR, 1)
            try socket.bind(to: InternetAddress(address: .loopback4, port: port).bytes)
            try socket.bindToDevice("")
        case .connectToSupervisor:
            guard let canary else { throw .notSupported }
            try connect(try .unixDatagramSocket(), to: FileDescriptor.abstractAddress(canary.socketName))
        case .connectAbstract(let name): try connect(try .unixStreamSocket(), to: FileDescriptor.abstractAddress(name))
        case .connectUnix(let path): try connect(try .unixStreamSocket(), to: FileDescriptor.unixAddress(path.text))
        case .sharedMemory(let key): try SharedMemory.find(key: key)
        case .keepEnvironment(let patterns):
            guard execution?.environmentNames.allSatisfy({ EnvironmentPattern.matches($0, patterns) }) ?? true else {
                throw .notPermitted
            }
        case .makeDevice(let path):
            try FileSystem.makeCharacterDevice(path.text, in: here)
            _ = unlink(path.text)
        case .systemCall(let number): try KernelProbe.call(number)
        case .socket(let family): try FileDescriptor.rawSocket(family: family).discard()
        case .signal(let processID): try Signals.send(0, to: processID)
        case .readMemory(let processID): try KernelProbe.readMemory(of: processID)
        case .haveOwnNamespace(let namespace):
            guard let canary else { throw .notSupported }
            guard try !canary.shares(namespace) else { throw .notPermitted }
        case .findOwnerOfMounts: try KernelProbe.openOwnerOfMounts()
        case .haveRestrictions(let path, let restrictions):
            let flags = try MountAttributes(of: path.text)
            guard flags.isSuperset(of: MountAttributes(restrictions)) else { throw .notPermitted }
        case .haveOverlay(let path):
            let directory = try here.open(path.text, flags: OpenFlag.path | OpenFlag.directory)
            defer { directory.discard() }
            guard try FileSystem.isOverlay(directory) else { throw .notPermitted }
        case .mount: try KernelProbe.mount()
        case .unmount(let path): try KernelProbe.unmount(path.text)
        case .unshareMounts: try NamespaceSet.unshare(.mount)
        case .ioUring: try KernelProbe.setUpIOUring()
        case .keyring: try ProcessControl.joinAnonymousKeyring()
        case .haveIdentity(let userID, let groupID):
            guard Credentials.userID == userID, Credentials.effectiveUserID == userID, Credentials.groupID == groupID,
                Credentials.effectiveGroupID == groupID
            else { throw .notPermitted }
        case .makeInotifyInstances(let count):
            var instances: [FileDescriptor] = []
            defer { for instance in instances { instance.discard() } }
            for _ in 0..<count { instances.append(try KernelProbe.makeInotifyInstance()) }
        case .beProcessTwo:
            guard getpid() == 2, getppid() == 1, getsid(0) == 2 else { throw .notPermitted }
        case .haveTerminal(let terminals): try checkTerminal(terminals)
        case .haveOwnStreams(let relayed): try checkStreams(relayed)
        case .havePrivileges: try checkPrivileges()
        case .keepDescriptors(let kept): try checkDescriptors(kept)
        case .exceedLimits(let limits):
            for limit in limits {
                let actual = try ProcessControl.limit(limit.resource.number)
                guard actual.hard <= limit.hard, actual.soft <= limit.soft else { throw .notPermitted }
            }
        }
    }

    private func bind(_ socket: FileDescriptor, to address: InternetAddress) throws(Errno) {
        // Connections of an earlier run that linger are nobody's claim to the port.
        try socket.setSocketOption(SOL_SOCKET, SO_REUSEADDR, 1)
        try socket.bind(to: address.bytes)
    }

    private func connect(_ socket: FileDescriptor, to address: [UInt8]) throws(Errno) {
        defer { socket.discard() }
        try socket.connect(to: address)
    }

    private func checkTerminal(_ terminals: AbsolutePath) throws(Errno) {
        let device = try FileStatus(of: terminals.text, follow: true).device
        for number in 0..<3 as Range<Int32> {
            let status = try FileStatus(of: FileDescriptor(rawValue: number))
            guard status.kind == .characterDevice, status.device == device, tcgetsid(number) == getsid(0) else {
                throw .notPermitted
            }
        }
    }

    private func checkStreams(_ relayed: [Int32]) throws(Errno) {
        guard let canary else { throw .notSupported }
        for number in 0..<3 as Range<Int32> {
            let descriptor = FileDescriptor(rawValue: number)
            guard try !Terminal(descriptor).isTerminal() else { throw .notPermitted }
            if relayed.contains(number), try canary.writes(to: descriptor) { throw .notPermitted }
        }
    }

    private func checkPrivileges() throws(Errno) {
        // proc_pid_status(5) has each of these lines once. The name, which a process chooses, cannot hold a line's end.
        var text = try FileSystem.read("/proc/self/status", limit: 64 << 10).map { CChar(bitPattern: $0) }
        text.append(0)
        let zeros = "0000000000000000"
        guard
            strstr(text, "\nCapInh:\t\(zeros)\nCapPrm:\t\(zeros)\nCapEff:\t\(zeros)\n") != nil,
            strstr(text, "\nCapBnd:\t\(zeros)\nCapAmb:\t\(zeros)\n") != nil,
            strstr(text, "\nNoNewPrivs:\t1\n") != nil, strstr(text, "\nSeccomp:\t2\n") != nil
        else { throw .notPermitted }
    }

    private func checkDescriptors(_ kept: [Int32]) throws(Errno) {
        // Listed where /proc is there; else tried, up to the most that can be open.
        let open: [Int32]
        if let names = try? FileSystem.entries(of: "/proc/self/fd") {
            open = names.compactMap { Int32($0) }
        } else {
            open = Array(0..<Int32(clamping: try ProcessControl.limit(ResourceLimit.Resource.openFiles.number).hard))
        }
        for number in kept {
            guard fcntl(number, F_GETFD) == 0 else { throw .notPermitted }
        }
        for number in open where number > 2 && !kept.contains(number) {
            let flags = fcntl(number, F_GETFD)
            guard flags == -1 ? errno == EBADF : flags & FD_CLOEXEC != 0 else { throw .notPermitted }
        }
    }
}

extension Proof.Act {
    /// Whether the supervisor answers a call of it.
    var isAnsweredBySupervisor: Bool {
        switch self {
        case .bind, .listenUnbound, .leaveLoopback: true
        default: false
        }
    }
}
