import Glibc
import Linux
import Policy
import SystemPackage

/// One connection of a program inside to the proxy, from its request to its end.
///
/// Nothing here waits: `ProxyLoop` asks what to wait for, and calls `step` when it has come or time is up.
struct ProxyConnection {
    /// What a connection may use of the proxy's.
    struct Surroundings {
        let egress: EgressRules
        let files: NameFiles
        /// Takes what was refused.
        let refuse: (ProxyRefusal) -> Void
        /// Whether who listens on the gateway's port in the host's network is the instance's own.
        let isOwnGateway: (IPAddress, UInt16) -> Bool
    }

    /// How long a request may take to arrive, and how long a connection may take to be made, in microseconds.
    private static let patience: Int64 = 10_000_000
    /// How long nothing may be said on a connection, in microseconds.
    private static let idleLimit: Int64 = 3_600_000_000
    /// How many bytes are held for either end at most.
    private static let bufferLimit = 64 << 10

    private enum Phase {
        case request
        case resolution(Resolution)
        case connection(addresses: [IPAddress])
        case tunnel
        /// An answer is being sent that ends it.
        case farewell
        case over
    }

    private let client: FileDescriptor
    private var server: FileDescriptor?
    private var phase = Phase.request
    private var name = ""
    private var port: UInt16 = 0
    private var toServer: [UInt8] = []
    private var toClient: [UInt8] = []
    private var isClientDone = false
    private var isServerDone = false
    /// Whether it leads to the gateway's own port, without a request.
    private let isForward: Bool
    /// Whether either end was told that no more will come.
    private var isServerTold = false
    private var isClientTold = false
    private var deadline: Int64

    /// A connection that was accepted now.
    init(client: FileDescriptor, at now: Int64) {
        self.client = client
        isForward = false
        deadline = now + Self.patience
    }

    /// A connection to the gateway's port, which is led to `address` in the host's network.
    init(client: FileDescriptor, forwardingTo address: IPAddress, port: UInt16, at now: Int64) {
        self.client = client
        isForward = true
        self.port = port
        deadline = now + Self.patience
        phase = .connection(addresses: [address])
        connect(at: now)
    }

    /// Whether nothing is left to do; everything is closed then.
    var isOver: Bool { if case .over = phase { true } else { false } }

    /// When it is to be stepped even if nothing comes (CLOCK_MONOTONIC, in microseconds).
    var nextDeadline: Int64 {
        if case .resolution(let resolution) = phase { min(deadline, resolution.deadline) } else { deadline }
    }

    // MARK: What to wait for

    /// The places of a connection's descriptors in a `PollSet`.
    struct Places {
        var client: Int?
        var server: Int?
        var resolver: Int?
    }

    /// Adds what to wait for.
    func wait(in set: inout PollSet) -> Places {
        var places = Places()
        switch phase {
        case .request: places.client = set.add(client, reads: true)
        case .resolution(let resolution):
            places.resolver = resolution.interest.map { set.add($0.descriptor, reads: !$0.writes, writes: $0.writes) }
        case .connection: places.server = server.map { set.add($0, reads: false, writes: true) }
        case .tunnel:
            places.client = set.add(
                client, reads: !isClientDone && toServer.count < Self.bufferLimit, writes: !toClient.isEmpty)
            places.server = server.map {
                set.add($0, reads: !isServerDone && toClient.count < Self.bufferLimit, writes: !toServer.isEmpty)
            }
        case .farewell: places.client = set.add(client, reads: false, writes: true)
        case .over: break
        }
        return places
    }

    // MARK: Steps

    /// Goes on with what is ready.
    mutating func step(_ set: PollSet, _ places: Places, at now: Int64, _ surroundings: Surroundings) {
        do throws(Errno) {
            switch phase {
            case .request:
                if places.client.map(set.isReadable) == true { try takeRequest(at: now, surroundings) }
            case .resolution(var resolution):
                let isReady = places.resolver.map { set.isReadable($0) || set.isWritable($0) } ?? false
                let progress = resolution.step(isReady: isReady, at: now)
                phase = .resolution(resolution)
                take(progress, at: now, surroundings)
            case .connection:
                if places.server.map(set.isWritable) == true { try takeConnection(at: now, surroundings) }
            case .tunnel: try pass(set, places, at: now)
            case .farewell:
                if places.client.map(set.isWritable) == true { try sendFarewell() }
            case .over: return
            }
        } catch {
            return end()
        }
        if deadline <= now { expire(at: now) }
    }

    private mutating func expire(at now: Int64) {
        switch phase {
        case .request: answer(408, "no request came in time", at: now)
        case .resolution: answer(504, "the name servers give no answer in time", at: now)
        case .connection(let addresses) where addresses.count > 1 && !isForward:
            phase = .connection(addresses: Array(addresses.dropFirst()))
            connect(at: now)
        case .connection where !isForward: answer(504, "\(name) does not answer", at: now)
        case .connection, .tunnel, .farewell, .over: end()
        }
    }

    /// Closes everything.
    mutating func end() {
        if case .resolution(var resolution) = phase { resolution.end() }
        client.discard()
        server?.discard()
        phase = .over
    }

    // MARK: The request

    private mutating func takeRequest(at now: Int64, _ surroundings: Surroundings) throws(Errno) {
        guard let piece = try client.receiveSome(limit: ConnectRequest.limit) else { return }
        guard !piece.isEmpty else { return end() }
        toServer += piece
        switch ConnectRequest(toServer) {
        case .incomplete: return
        case .fault(let status, let reason): answer(status, reason, at: now)
        case .connect(let host, let port, let length):
            toServer.removeFirst(length)
            self.port = port
            switch host {
            case .address(let address):
                name = "\(InternetAddress(address: address, port: port))"
                guard surroundings.egress.decide(address, port) == .allowed else {
                    return deny(
                        "egress-unlisted", "add \"\(name)\" to \"egress\" in the profile", at: now, surroundings)
                }
                phase = .connection(addresses: [address])
                connect(at: now)
            case .name(let host):
                name = "\(host.text):\(port)"
                guard surroundings.egress.decide(host, port) == .allowed else {
                    return deny(
                        "egress-unlisted", "add \"\(name)\" to \"egress\" in the profile", at: now, surroundings)
                }
                var resolution = Resolution(name: host, files: surroundings.files)
                let progress = resolution.start(at: now)
                phase = .resolution(resolution)
                take(progress, at: now, surroundings)
            }
        }
    }

    private mutating func take(_ progress: Resolution.Progress, at now: Int64, _ surroundings: Surroundings) {
        switch progress {
        case .waiting: return
        case .failed(let reason): answer(502, "\(name) cannot be found: \(reason)", at: now)
        case .found(let addresses):
            let egress = surroundings.egress
            let port = port
            let judged = addresses.map { (address: $0, use: Self.forbiddenUse(of: $0, port, egress)) }
            let permitted = judged.filter { $0.use == nil }.map(\.address)
            guard permitted.isEmpty else {
                phase = .connection(addresses: permitted)
                return connect(at: now)
            }
            guard case let (address, use?)? = judged.first else {
                return answer(502, "\(name) has no address", at: now)
            }
            let place = "\(InternetAddress(address: address, port: port))"
            deny(
                "egress-special-address",
                "its address \(address) is \(use), where no name may lead; add \"\(place)\" to \"egress\" if that is meant",
                at: now, surroundings)
        }
    }

    /// What an address of a name is, in a few words, when no name may lead there: a special one, or the host's own,
    /// unless the profile lists it as an address.
    private static func forbiddenUse(of address: IPAddress, _ port: UInt16, _ egress: EgressRules) -> String? {
        if egress.decide(address, port) == .allowed { return nil }
        if case .special(let use) = egress.decide(resolved: address, port) { return use }
        do throws(Errno) {
            return try isOfThisHost(address) ? "this host's own" : nil
        } catch {
            return "perhaps this host's own, which cannot be found out (\(error.name))"
        }
    }

    /// Whether this host has the address itself: then it is also where a packet to it comes from. Nothing is sent.
    private static func isOfThisHost(_ address: IPAddress) throws(Errno) -> Bool {
        do throws(Errno) {
            let socket = try FileDescriptor.internetSocket(isIPv6: !address.isIPv4, isStream: false)
            defer { socket.discard() }
            try socket.connect(to: InternetAddress(address: address, port: 9).bytes)
            let source = try InternetAddress(
                try socket.socketAddress(), family: address.isIPv4 ? AF_INET : AF_INET6)
            return source.address == address
        } catch {
            switch error {
            // The host has no address of the family, or no way leads there: not to the host itself either.
            case .addressFamilyNotSupported, .addressNotAvailable, .networkUnreachable, .noRouteToHost: return false
            default: throw error
            }
        }
    }

    private mutating func deny(_ rule: String, _ remedy: String, at now: Int64, _ surroundings: Surroundings) {
        surroundings.refuse(ProxyRefusal(rule: rule, destination: name, remedy: remedy))
        answer(403, "\(name) is refused, rule \(rule): \(remedy)", at: now)
    }

    // MARK: The connection

    /// Begins to connect to the first address: the very one that was decided about.
    private mutating func connect(at now: Int64) {
        server?.discard()
        server = nil
        guard case .connection(let addresses) = phase, let address = addresses.first else { return end() }
        deadline = now + Self.patience
        do throws(Errno) {
            let socket = try FileDescriptor.internetSocket(isIPv6: !address.isIPv4, isStream: true)
            server = socket
            try socket.setNonBlocking(true)
            try socket.setSocketOption(SOL_SOCKET, SO_KEEPALIVE, 1)
            try socket.setSocketOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            do throws(Errno) {
                try socket.connect(to: InternetAddress(address: address, port: port).bytes)
            } catch {
                guard error == .nowInProgress else { throw error }
            }
        } catch {
            connectNext(error, at: now)
        }
    }

    private mutating func connectNext(_ errno: Errno, at now: Int64) {
        guard case .connection(let addresses) = phase, addresses.count > 1 else {
            return isForward ? end() : answer(502, "\(name) cannot be connected to: \(errno.name)", at: now)
        }
        phase = .connection(addresses: Array(addresses.dropFirst()))
        connect(at: now)
    }

    private mutating func takeConnection(at now: Int64, _ surroundings: Surroundings) throws(Errno) {
        guard let server, case .connection(let addresses) = phase, let address = addresses.first else { return end() }
        let error = try server.socketOption(SOL_SOCKET, SO_ERROR)
        guard error == 0 else { return connectNext(Errno(rawValue: error), at: now) }
        // Looked at when the connection is there: who listens now is who took it.
        guard !isForward || surroundings.isOwnGateway(address, port) else { return end() }
        if !isForward { toClient = ConnectRequest.acceptance }
        phase = .tunnel
        deadline = now + Self.idleLimit
    }

    // MARK: Bytes

    private mutating func pass(_ set: PollSet, _ places: Places, at now: Int64) throws(Errno) {
        guard let server, let clientPlace = places.client, let serverPlace = places.server else { return }
        let before = (toServer.count, toClient.count, isClientDone, isServerDone)
        if set.isReadable(clientPlace), let piece = try client.receiveSome(limit: 32 << 10) {
            toServer += piece
            isClientDone = piece.isEmpty
        }
        if set.isReadable(serverPlace), let piece = try server.receiveSome(limit: 32 << 10) {
            toClient += piece
            isServerDone = piece.isEmpty
        }
        if !toServer.isEmpty { toServer.removeFirst(try server.sendSome(toServer)) }
        if !toClient.isEmpty { toClient.removeFirst(try client.sendSome(toClient)) }
        if isClientDone, toServer.isEmpty, !isServerTold {
            server.endWriting()
            isServerTold = true
        }
        if isServerDone, toClient.isEmpty, !isClientTold {
            client.endWriting()
            isClientTold = true
        }
        if isServerTold, isClientTold { return end() }
        let after = (toServer.count, toClient.count, isClientDone, isServerDone)
        if before != after || set.isReadable(clientPlace) || set.isReadable(serverPlace) {
            deadline = now + Self.idleLimit
        }
    }

    private mutating func answer(_ status: Int, _ reason: String, at now: Int64) {
        if case .resolution(var resolution) = phase { resolution.end() }
        server?.discard()
        server = nil
        toClient = ConnectRequest.refusal(status: status, reason: reason)
        phase = .farewell
        deadline = now + Self.patience
    }

    private mutating func sendFarewell() throws(Errno) {
        toClient.removeFirst(try client.sendSome(toClient))
        guard toClient.isEmpty else { return }
        client.endWriting()
        end()
    }
}
