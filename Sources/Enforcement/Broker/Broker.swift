import Glibc
import Linux
import Policy
import SystemPackage

/// Answers the calls that the payload's filter hands over: bind(2) and listen(2) by the port rules, a new limit on core
/// dumps by leaving it as it is, a netlink socket by who asks for it, any other with EPERM and a record.
///
/// It lets no call continue whose arguments are in memory. It acts on its own copy of the address, on a copy of the very
/// descriptor, and answers with what came of that: nothing the payload changes meanwhile is looked at again. What it
/// does happens outside the payload's Landlock domain, so the rules it asks are the whole of them.
struct Broker {
    private let rules: PortRules
    private let listener: SeccompListener
    /// For a sandbox whose gateway listens in the host's network and has one of its own.
    private let hostListener: HostListener?
    private let bindNumber = SyscallTable.number(of: "bind")
    private let listenNumber = SyscallTable.number(of: "listen")
    private let setrlimitNumber = SyscallTable.number(of: "setrlimit")
    private let prlimitNumber = SyscallTable.number(of: "prlimit64")
    private let socketNumber = SyscallTable.number(of: "socket")
    /// The user namespace that the payload was started in.
    private let userNamespace: FileIdentity
    private var census = SocketCensus()
    /// The thread that called last: to open it anew costs as much as all else.
    private var lastThread: ForeignThread?

    /// A broker for the calls that arrive at `listener`, of the process `payload` and of all it starts.
    init(
        rules: PortRules, listener: SeccompListener, payload: Int32, hostListener: HostListener? = nil
    ) throws(Errno) {
        userNamespace = try Self.userNamespace(of: payload)
        self.rules = rules
        self.listener = listener
        self.hostListener = hostListener
    }

    /// Readable when a call waits.
    var descriptor: FileDescriptor { listener.descriptor }

    /// What there is to tell of a call.
    enum Record {
        case denied(Denial)
        case permitted(Permit)
    }

    /// Answers the next call; returns what a rule refused or by exception permitted, nil when the call was carried out or
    /// was faulty in itself, or when nobody is `recording`.
    mutating func answerNext(recording: Bool) throws(Errno) -> Record? {
        guard let call = try listener.receive() else { return nil }
        // Recorded before the answer: the process may be gone after it.
        let record: Record?
        let error: Errno?
        switch decide(call) {
        case .done(let result): (record, error) = (nil, result)
        case .proceed:
            try listener.letContinue(call)
            return nil
        case .permitted(let act, let rule):
            (record, error) = (recording ? .permitted(permit(call, act(), rule)) : nil, nil)
        case .refused(let errno, let act, let rule, let remedy):
            (record, error) = (recording ? .denied(denial(call, errno, act(), rule, remedy)) : nil, errno)
        }
        try listener.answer(call, error: error)
        return record
    }

    private enum Answer {
        /// The kernel's own answer; nil for success.
        case done(Errno?)
        /// The kernel is to carry the call out itself.
        case proceed
        /// Success, by an exception that is worth a record. The act is put into words for a record only: most of what a
        /// start's proof tries is refused, and not recorded.
        case permitted(act: () -> String, rule: String)
        case refused(Errno, act: () -> String, rule: String, remedy: String)
    }

    private mutating func decide(_ call: SeccompListener.Call) -> Answer {
        do throws(Errno) {
            switch call.number {
            case bindNumber: return try bind(call)
            case listenNumber: return try listen(call)
            case setrlimitNumber where Self.isCoreLimit(call.arguments[0]):
                return try limitCore(call, at: call.arguments[1])
            // Where the old limit goes this does not write.
            case prlimitNumber
            where Self.isOwnProcess(call.arguments[0]) && Self.isCoreLimit(call.arguments[1])
                && call.arguments[3] == 0:
                return try limitCore(call, at: call.arguments[2])
            case socketNumber where Self.isRouteNetlink(call.arguments): return try makeNetlinkSocket(call)
            default:
                let name = SyscallTable.name(of: call.number) ?? "system call \(call.number)"
                return .refused(
                    .notPermitted, act: { Self.text(name, call.arguments) }, rule: "seccomp",
                    remedy: "the policy's system call rules refuse it; mazelclaw-run why syscall \(name) shows the rule"
                )
            }
        } catch {
            return .done(error)
        }
    }

    // MARK: bind and listen

    private mutating func bind(_ call: SeccompListener.Call) throws(Errno) -> Answer {
        let (thread, socket) = try caller(of: call)
        defer { socket.discard() }
        let family = try socket.socketOption(SOL_SOCKET, SO_DOMAIN)
        let address = try copyAddress(call, from: thread)
        try checkCaller(of: call)
        switch family {
        case AF_INET, AF_INET6: return try bind(call, thread, socket, address, family)
        case AF_UNIX:
            if UnixBind.isAbstractName(address), case .refused(let rule, let remedy) = rules.decideAbstractName() {
                return .refused(
                    .permissionDenied, act: { "bind a Unix socket to \(Self.name(inAbstract: address))" },
                    rule: rule.rawValue, remedy: remedy)
            }
            let listener = listener
            try UnixBind.bind(socket, to: address, for: thread) { () throws(Errno) in
                guard listener.isWaiting(call) else { throw .noSuchProcess }
            }
            return .done(nil)
        case AF_NETLINK where Self.isPlainNetlink(address):
            // As getifaddrs(3) does to list addresses; without groups nothing is overheard.
            try socket.bind(to: address)
            return .done(nil)
        default: return foreign("bind a socket of family \(family)")
        }
    }

    private mutating func bind(
        _ call: SeccompListener.Call, _ thread: ForeignThread, _ socket: FileDescriptor, _ address: [UInt8],
        _ family: Int32
    ) throws(Errno) -> Answer {
        let place = try InternetAddress(address, family: family)
        guard let transport = try transport(of: socket) else { return foreign("bind \(place) of another protocol") }
        let sharesPort = try socket.socketOption(SOL_SOCKET, SO_REUSEPORT) != 0
        switch rules.decide(bind: transport, to: place.address, port: place.port, sharingPort: sharesPort) {
        case .allowed(let permission):
            if let hostListener {
                guard try !hostListener.isOfHost(socket) else { return Self.leftBehind("bind \(place)") }
                if permission == .gateway {
                    let listener = try hostListener.make(like: socket, family: family, at: address)
                    defer { listener.discard() }
                    let number = Int32(truncatingIfNeeded: call.arguments[0])
                    try self.listener.replaceDescriptor(
                        number, of: call, with: listener, closingOnExec: try thread.closesOnExec(number))
                    return .done(nil)
                }
            }
            if transport == .udp, let refusal = try refusal(ofAdding: socket, transport, "bind \(place)") {
                return refusal
            }
            try socket.bind(to: address)
            if transport == .udp { try census.add(socket, transport) }
            // Another thread may have set it since: what it was bound with is what counts.
            if let refusal = try refusal(ofSharing: socket, "bind \(place)", transport) {
                socket.shutDown()
                return refusal
            }
            guard permission == .loopbackProbe else { return .done(nil) }
            let place = try InternetAddress(try socket.socketAddress(), family: family)
            return .permitted(act: { "bind \(place)/\(transport.rawValue)" }, rule: permission.rawValue)
        case .refused(let rule, let remedy):
            return .refused(
                .permissionDenied, act: { "bind \(place)/\(transport.rawValue)" }, rule: rule.rawValue, remedy: remedy)
        }
    }

    private mutating func listen(_ call: SeccompListener.Call) throws(Errno) -> Answer {
        let (_, socket) = try caller(of: call)
        defer { socket.discard() }
        try checkCaller(of: call)
        let backlog = Int32(truncatingIfNeeded: call.arguments[1])
        let family = try socket.socketOption(SOL_SOCKET, SO_DOMAIN)
        switch family {
        case AF_INET, AF_INET6:
            if let refusal = try refusal(ofListeningOn: socket, family) { return refusal }
            let place = try InternetAddress(try socket.socketAddress(), family: family)
            if let refusal = try refusal(ofAdding: socket, .tcp, "listen on \(place)") { return refusal }
            try socket.listen(backlog: backlog)
            try census.add(socket, .tcp)
            // A thread that connected and disconnected the socket in between may have had its port changed: what
            // counts is where it listens now, for that cannot change any more.
            if let refusal = try refusal(ofListeningOn: socket, family) {
                socket.shutDown()
                return refusal
            }
            guard let refusal = try refusal(ofSecondListener: socket, family) else { return .done(nil) }
            socket.shutDown()
            return refusal
        case AF_UNIX:
            try socket.listen(backlog: backlog)
            return .done(nil)
        default: return foreign("listen on a socket of family \(family)")
        }
    }

    private func refusal(ofListeningOn socket: FileDescriptor, _ family: Int32) throws(Errno) -> Answer? {
        let place = try InternetAddress(try socket.socketAddress(), family: family)
        guard let transport = try transport(of: socket) else {
            return foreign("listen on \(place) of another protocol")
        }
        guard transport == .tcp else { throw Errno(rawValue: EOPNOTSUPP) }
        if let refusal = try refusal(ofSharing: socket, "listen on \(place)", transport) { return refusal }
        switch rules.decide(listenOn: place.address, port: place.port) {
        case .allowed(.gateway): return nil
        case .allowed:
            // One that was a listener or a connection of the gateway's port, and is bound anew since.
            return try hostListener?.isOfHost(socket) == true ? Self.leftBehind("listen on \(place)") : nil
        case .refused(let rule, let remedy):
            return .refused(
                .permissionDenied, act: { "listen on \(place)/tcp" }, rule: rule.rawValue, remedy: remedy)
        }
    }

    /// The answer for a socket that would let another one have its port: SO_REUSEPORT may be set at any time, and two
    /// that have it share what the second one is bound to (socket(7)).
    private func refusal(
        ofSharing socket: FileDescriptor, _ act: @autoclosure @escaping () -> String, _ transport: Transport
    ) throws(Errno) -> Answer? {
        guard try socket.socketOption(SOL_SOCKET, SO_REUSEPORT) != 0,
            case .refused(let rule, let remedy) = rules.decideSharedPort()
        else { return nil }
        return .refused(
            .permissionDenied, act: { "\(act())/\(transport.rawValue)" }, rule: rule.rawValue, remedy: remedy)
    }

    /// The answer for a listener beside another one at the very same place. A thread that sets SO_REUSEPORT and takes it
    /// back all the time may hide it from each look, but not that two sockets listen.
    private func refusal(ofSecondListener socket: FileDescriptor, _ family: Int32) throws(Errno) -> Answer? {
        let place = try InternetAddress(try socket.socketAddress(), family: family)
        let inode = try FileStatus(of: socket).inode
        let there = try TCPListener.all(on: [place.port...place.port]).filter {
            IPAddress(bytes: $0.address)?.unmapped == place.address.unmapped
        }
        // Where it is not listed itself, it is in another network than the supervisor, and what is listed is not.
        guard there.contains(where: { $0.inode == inode }), there.contains(where: { $0.inode != inode }),
            case .refused(let rule, let remedy) = rules.decideSharedPort()
        else { return nil }
        return .refused(.permissionDenied, act: { "listen on \(place)/tcp" }, rule: rule.rawValue, remedy: remedy)
    }

    /// The answer for one socket more than may hold a port at once.
    private mutating func refusal(
        ofAdding socket: FileDescriptor, _ transport: Transport, _ act: @autoclosure @escaping () -> String
    ) throws(Errno) -> Answer? {
        guard let most = rules.ceilings?.most(of: transport), try !census.contains(socket, transport),
            try census.isFull(transport, most: most),
            case .refused(let rule, let remedy) = rules.decideOneMore(of: transport)
        else { return nil }
        return .refused(
            Errno(rawValue: ENOBUFS), act: { "\(act())/\(transport.rawValue)" }, rule: rule.rawValue, remedy: remedy)
    }

    /// The answer for a socket of the host's network that is to be another than the gateway's listener.
    private static func leftBehind(_ act: @autoclosure @escaping () -> String) -> Answer {
        .refused(
            .permissionDenied, act: { "\(act())/tcp with a socket of the host's network" }, rule: "network-private",
            remedy: "make a new socket: this one was the gateway's listener, or a connection it accepted")
    }

    /// Nil for a protocol no rule knows. The filter refuses such sockets; one passed in from outside may be another.
    private func transport(of socket: FileDescriptor) throws(Errno) -> Transport? {
        switch try socket.socketOption(SOL_SOCKET, SO_PROTOCOL) {
        case Int32(IPPROTO_TCP): .tcp
        case Int32(IPPROTO_UDP): .udp
        default: nil
        }
    }

    private func foreign(_ act: @autoclosure @escaping () -> String) -> Answer {
        .refused(
            .permissionDenied, act: act, rule: "unknown-protocol",
            remedy: "use TCP, UDP or a Unix socket; no rule can permit others")
    }

    /// An abstract name as programs write it, with `@` for the zero byte (unix(7)).
    private static func name(inAbstract address: [UInt8]) -> String {
        "@" + String(decoding: address.dropFirst(3), as: UTF8.self)
    }

    private static func isPlainNetlink(_ address: [UInt8]) -> Bool {
        address.count >= 12 && address[8..<12].allSatisfy { $0 == 0 }
    }

    // MARK: Netlink

    /// Whether the arguments ask for a socket by which programs list addresses, and configure networks they rule over
    /// (rtnetlink(7)). The kernel looks at the low 32 bits.
    private static func isRouteNetlink(_ arguments: [UInt64]) -> Bool {
        // SOCK_TYPE_MASK is 15 (linux/net.h); NETLINK_ROUTE is 0.
        let type = UInt32(truncatingIfNeeded: arguments[1]) & 15
        return Int32(truncatingIfNeeded: arguments[0]) == AF_NETLINK && Int32(truncatingIfNeeded: arguments[2]) == 0
            && (type == SOCK_RAW.rawValue || type == SOCK_DGRAM.rawValue)
    }

    /// Who nests a user namespace has every capability over a network made there, and reaches much kernel code by such a
    /// socket. One made before keeps the network it was made in, over which nobody inside has any.
    ///
    /// Here alone the kernel carries the call out after the look at it: of socket(2) all arguments are numbers in
    /// registers, and a thread's user namespace is changed by that thread alone, which waits. So there is nothing that
    /// another thread could change between the answer and the act.
    private func makeNetlinkSocket(_ call: SeccompListener.Call) throws(Errno) -> Answer {
        // Of a process that has made itself undumpable it cannot be told: it is refused too.
        let isOwn = (try? Self.userNamespace(of: call.threadID)) == userNamespace
        try checkCaller(of: call)
        guard !isOwn else { return .proceed }
        return .refused(
            Errno(rawValue: EPROTONOSUPPORT), act: { "make a netlink socket in a nested user namespace" },
            rule: "nested-netlink", remedy: "make it before unshare(2) or clone(2) with CLONE_NEWUSER")
    }

    private static func userNamespace(of threadID: Int32) throws(Errno) -> FileIdentity {
        try FileStatus(of: "/proc/\(threadID)/ns/user", follow: true).identity
    }

    // MARK: Core dumps

    /// The number 0 stands for the calling process. The kernel looks at the low 32 bits.
    private static func isOwnProcess(_ argument: UInt64) -> Bool { UInt32(truncatingIfNeeded: argument) == 0 }

    /// The kernel looks at the low 32 bits.
    private static func isCoreLimit(_ argument: UInt64) -> Bool {
        Int32(truncatingIfNeeded: argument) == Int32(RLIMIT_CORE.rawValue)
    }

    /// The limit stays at 1, at which a crash is neither written nor handed to the host's handler (core(5)). To a program
    /// that asks for 0 or 1 it is as if it had its way; more is refused, as the kernel does.
    private func limitCore(_ call: SeccompListener.Call, at address: UInt64) throws(Errno) -> Answer {
        let thread = try ForeignThread(threadID: call.threadID)
        defer { thread.discard() }
        // struct rlimit: the soft limit comes first.
        let soft = try thread.readMemory(at: address, count: 8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        try checkCaller(of: call)
        return .done(soft <= 1 ? nil : .notPermitted)
    }

    // MARK: The caller

    /// The thread that makes the call, and a copy of the descriptor it names.
    private mutating func caller(of call: SeccompListener.Call) throws(Errno) -> (ForeignThread, FileDescriptor) {
        let number = Int32(truncatingIfNeeded: call.arguments[0])
        do throws(Errno) {
            if let lastThread, lastThread.threadID == call.threadID {
                do throws(Errno) {
                    return (lastThread, try lastThread.takeDescriptor(number))
                } catch {
                    // The number is another thread's now.
                    guard error == .noSuchProcess else { throw error }
                }
            }
            lastThread?.discard()
            lastThread = nil
            let thread = try ForeignThread(threadID: call.threadID)
            lastThread = thread
            return (thread, try thread.takeDescriptor(number))
        } catch {
            // To the payload it is one refusal like any other.
            throw error == .notPermitted ? .permissionDenied : error
        }
    }

    private func copyAddress(_ call: SeccompListener.Call, from thread: ForeignThread) throws(Errno) -> [UInt8] {
        let length = Int(Int32(truncatingIfNeeded: call.arguments[2]))
        guard (1...MemoryLayout<sockaddr_storage>.size).contains(length) else { throw .invalidArgument }
        return try thread.readMemory(at: call.arguments[1], count: length)
    }

    /// Makes sure that all that was taken by the thread's number was that thread's: its call is waiting still.
    private func checkCaller(of call: SeccompListener.Call) throws(Errno) {
        guard listener.isWaiting(call) else { throw .noSuchProcess }
    }

    // MARK: Records

    private func denial(
        _ call: SeccompListener.Call, _ errno: Errno, _ act: String, _ rule: String, _ remedy: String
    ) -> Denial {
        let caller = Caller(of: call)
        return Denial(
            time: Int64(time(nil)), processID: caller.processID, processIDInside: caller.processIDInside,
            program: caller.program, act: act, rule: rule, errno: errno.name, remedy: remedy)
    }

    private func permit(_ call: SeccompListener.Call, _ act: String, _ rule: String) -> Permit {
        let caller = Caller(of: call)
        return Permit(
            time: Int64(time(nil)), processID: caller.processID, processIDInside: caller.processIDInside,
            program: caller.program, act: act, rule: rule)
    }

    /// The process that makes a call, as far as it can be told.
    private struct Caller {
        let processID: Int32
        let processIDInside: Int32
        let program: String

        init(of call: SeccompListener.Call) {
            let status = try? ProcessStatus(of: call.threadID)
            processID = status?.threadGroupID ?? call.threadID
            processIDInside = status?.innermostProcessID ?? 0
            let file = try? FileSystem.readSymbolicLink("/proc/\(call.threadID)/exe")
            program = file ?? status?.name ?? "a process"
        }
    }

    /// A call as text: its name and its arguments, without the zeros at their end.
    private static func text(_ name: String, _ arguments: [UInt64]) -> String {
        let count = (arguments.lastIndex { $0 != 0 } ?? -1) + 1
        return "\(name)(" + arguments[..<count].map { "0x" + String($0, radix: 16) }.joined(separator: ", ") + ")"
    }
}
