import Glibc
import Linux
import Policy
import SystemPackage

/// The proxy's process: one thread, one loop, in the host's network, with listeners of the sandbox's.
///
/// It takes CONNECT requests (RFC 9110, section 9.3.6) for what the profile's `egress` lists, and leads connections to
/// the gateway's port to the gateway. It ends with the supervisor.
struct ProxyLoop {
    /// How many connections there may be at once; more wait until they are accepted.
    static let connectionLimit = 256

    /// The sockets of the sandbox's network that it listens on.
    struct Listeners {
        let proxy: FileDescriptor
        /// On the gateway's port, with the address each is bound to.
        let gateway: [(descriptor: FileDescriptor, address: IPAddress)]
    }

    private let plan: ProxyPlan
    private let listeners: Listeners
    private let supervisor: Channel
    private let surroundings: ProxyConnection.Surroundings
    private let gateways: OwnGateways
    private var connections: [ProxyConnection] = []

    /// Becomes the proxy; never returns. The calling process is a child of the supervisor's, made for it.
    static func run(_ plan: ProxyPlan, _ listeners: Listeners, _ supervisor: Channel, parent: Int32) -> Never {
        do throws(Errno) {
            try ProcessControl.dieWithParent()
            guard getppid() == parent else { _exit(0) }
            let null = try FileDescriptor.workingDirectory.open("/dev/null", flags: O_RDWR)
            for number in 0..<3 as Range<Int32> { try null.become(number) }
            let kept = [listeners.proxy, supervisor.descriptor] + listeners.gateway.map(\.descriptor)
            try OwnProcess.tidyDescriptors(keeping: kept.map(\.rawValue).sorted())
            try OwnProcess.hideArguments(behind: "mazelclaw-proxy")
            let loop = ProxyLoop(plan, listeners, supervisor)
            let resolverPorts: [UInt16] = plan.egress.haveNames ? [53] : []
            try ProxyConfinement.apply(
                connectablePorts: plan.egress.ports + resolverPorts + (plan.gatewayPort.map { [$0] } ?? []))
            var running = loop
            try running.run()
        } catch {
            _exit(ExitCode.isolation.rawValue)
        }
    }

    private init(_ plan: ProxyPlan, _ listeners: Listeners, _ supervisor: Channel) {
        self.plan = plan
        self.listeners = listeners
        self.supervisor = supervisor
        let gateways = OwnGateways()
        self.gateways = gateways
        // A file that cannot be read names nobody: what is looked up then is not found, and not connected to.
        func text(_ path: String) -> String {
            String(decoding: (try? FileSystem.read(path, limit: 1 << 20)) ?? [], as: UTF8.self)
        }
        surroundings = ProxyConnection.Surroundings(
            egress: plan.egress,
            files: NameFiles(hosts: text("/etc/hosts"), resolverConfiguration: text("/etc/resolv.conf")),
            // A supervisor that does not keep up loses records, never the proxy its time.
            refuse: { refusal in _ = try? supervisor.descriptor.sendDatagram(refusal.bytes) },
            isOwnGateway: { gateways.listens(on: $0, port: $1) })
    }

    private mutating func run() throws(Errno) -> Never {
        for listener in [listeners.proxy] + listeners.gateway.map(\.descriptor) { try listener.setNonBlocking(true) }
        while true {
            var set = PollSet()
            let isOpen = connections.count < Self.connectionLimit
            _ = set.add(supervisor.descriptor, reads: true)
            let proxy = set.add(listeners.proxy, reads: isOpen)
            let gateway = listeners.gateway.map { set.add($0.descriptor, reads: isOpen) }
            let places = connections.map { $0.wait(in: &set) }
            try set.wait(milliseconds: patience)
            let now = MonotonicClock.microseconds
            while try Readiness.isReadable(supervisor.descriptor) {
                guard let order = try supervisor.waitForMessage() else { _exit(0) }
                gateways.add(order)
            }
            for index in connections.indices { connections[index].step(set, places[index], at: now, surroundings) }
            if set.isReadable(proxy), let client = accept(listeners.proxy) {
                connections.append(ProxyConnection(client: client, at: now))
            }
            for (place, listener) in zip(gateway, listeners.gateway)
            where set.isReadable(place) && connections.count < Self.connectionLimit {
                guard let port = plan.gatewayPort, let client = accept(listener.descriptor) else { continue }
                connections.append(
                    ProxyConnection(client: client, forwardingTo: listener.address, port: port, at: now))
            }
            connections.removeAll(where: \.isOver)
        }
    }

    /// What a client gave up is no connection; a want of descriptors ends when others end.
    private func accept(_ listener: FileDescriptor) -> FileDescriptor? { try? listener.acceptConnection() }

    /// How long to wait at most, in milliseconds.
    private var patience: Int32 {
        guard let deadline = connections.map(\.nextDeadline).min() else { return -1 }
        return Int32(clamping: max(0, (deadline - MonotonicClock.microseconds + 999) / 1000))
    }
}
