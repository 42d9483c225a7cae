public import JSON

/// A descriptor that a service manager passed, and what the kernel says of it (sd_listen_fds(3)).
public struct PassedSocket: Equatable, Sendable {
    /// What the kernel says that it is.
    public enum Kind: Equatable, Sendable {
        /// A TCP socket that listens, or did and is to listen again.
        case listener(Listener)
        /// Anything else, in a few words.
        case other(String)
    }

    /// A TCP socket for listening, bound to one address and port.
    public struct Listener: Equatable, Sendable {
        /// The local address it is bound to; unspecified for every interface.
        public var address: IPAddress
        /// The local port it is bound to.
        public var port: UInt16
        /// Whether a socket bound to `::` leaves IPv4 out (IPV6_V6ONLY, ipv6(7)).
        public var isIPv6Only: Bool
        /// Whether another process of the user may share the port (SO_REUSEPORT, socket(7)).
        public var sharesPort: Bool
        /// Whether it listens. A program that had it before may have shut it down, or made a connection of it
        /// (shutdown(2), connect(2)): the socket is one and the same for all who hold it.
        public var isListening: Bool

        /// A listener on one address and port. Unless it is said, it listens, and shares its port with nobody.
        public init(
            address: IPAddress, port: UInt16, isIPv6Only: Bool = false, sharesPort: Bool = false,
            isListening: Bool = true
        ) {
            self.address = address
            self.port = port
            self.isIPv6Only = isIPv6Only
            self.sharesPort = sharesPort
            self.isListening = isListening
        }

        /// Whether connections to `destination` arrive here, so that nobody else can listen there.
        public func accepts(_ destination: IPAddress) -> Bool {
            if address.unmapped == destination.unmapped { return true }
            guard address.isUnspecified else { return false }
            return address.unmapped.isIPv4 ? destination.isIPv4 : !destination.isIPv4 || !isIPv6Only
        }
    }

    /// The descriptor's number, the same inside.
    public var descriptor: Int32
    /// Its name ($LISTEN_FDNAMES); nil when it has none.
    public var name: String?
    /// Whether it is a TCP socket for listening, and which.
    public var kind: Kind

    /// A passed descriptor.
    public init(descriptor: Int32, name: String?, kind: Kind) {
        self.descriptor = descriptor
        self.name = name
        self.kind = kind
    }

    /// The socket that listens; nil when it is none.
    public var listener: Listener? {
        if case .listener(let listener) = kind { listener } else { nil }
    }

    /// The passed descriptor as data.
    public var json: JSON {
        var object: JSONObject = ["descriptor": .integer(Int64(descriptor))]
        object["name"] = name.map(JSON.string)
        object["socket"] = .string("\(kind)")
        return .object(object)
    }
}

extension PassedSocket.Kind: CustomStringConvertible {
    /// What it is, in a few words.
    public var description: String {
        switch self {
        case .listener(let listener):
            "\(InternetAddress(address: listener.address, port: listener.port))/tcp"
                + (listener.isListening ? "" : " that does not listen")
        case .other(let words): words
        }
    }
}

extension PortRules {
    /// Why `socket` may not be passed to the payload, as one sentence; nil when it may be: it listens where the
    /// payload may itself bind and listen.
    public func refusal(of socket: PassedSocket) -> String? {
        let name = socket.name.map { ", \"\($0)\"" } ?? ""
        let subject = "cannot pass on descriptor \(socket.descriptor) of LISTEN_FDS (\(socket.kind)\(name))"
        guard let listener = socket.listener else {
            return "\(subject), rule listening-tcp-only: in the socket unit use ListenStream= alone, with ports of the "
                + "profile's"
        }
        switch decide(bind: .tcp, to: listener.address, port: listener.port, sharingPort: listener.sharesPort) {
        case .allowed: return nil
        case .refused(let rule, let remedy):
            return "\(subject), rule \(rule.rawValue): \(remedy); the socket unit's ListenStream= asks for it"
        }
    }
}
