/// The systemd socket unit that listens for a profile's gateway (systemd.socket(5)).
///
/// The host's manager holds the listeners: nobody else takes the port while the gateway is down, and who connects then is
/// answered when it is up.
public struct SocketUnit: Equatable, Sendable {
    /// The profile whose gateway's port it listens on.
    public var profile: Profile
    /// The version that the description names.
    public var version: String

    /// The socket unit of `profile`, which says in its description that `version` wrote it.
    public init(of profile: Profile, version: String) {
        self.profile = profile
        self.version = version
    }

    /// The name of the file: `mazelclaw-gateway[-NAME].socket`.
    public static func fileName(of profile: ProfileName) -> String { "\(ServiceUnit.name(of: profile)).socket" }

    /// The addresses that the gateway listens on, as `ListenStream=` takes them.
    private var places: [String] {
        let port = profile.basePort
        let loopback = ["127.0.0.1:\(port)", "[::1]:\(port)"]
        switch profile.bind {
        case .loopback: return loopback
        case .lan: return ["0.0.0.0:\(port)", "[::]:\(port)"]
        case .address(let address):
            return loopback + ["\(InternetAddress(address: address, port: port))"]
        }
    }

    /// The whole file.
    public var text: String {
        let description = ServiceUnit.description(of: profile.name, version: version)
        let lines =
            [
                ServiceUnit.mark, "", "[Unit]", "Description=Socket of the \(description)", "", "[Socket]",
            ] + places.map { "ListenStream=\($0)" } + [
                // Each of the two families has its own listener.
                "BindIPv6Only=ipv6-only", "NoDelay=yes", "", "[Install]", "WantedBy=sockets.target",
            ]
        return lines.map { $0 + "\n" }.joined()
    }
}
