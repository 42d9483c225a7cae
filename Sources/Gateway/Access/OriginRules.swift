public import Configuration
import Policy

/// What the configuration says about where requests come from.
public struct OriginRules: Sendable {
    private let trusted: [IPAddress]
    /// Whether a name below `ts.net` is one of this host's: a tailnet was configured.
    let hasTailnet: Bool

    /// Believes the forwarding headers of the proxies at `trustedProxies`. A text that is no IP address trusts nobody.
    public init(trustedProxies: [String] = [], hasTailnet: Bool = false) {
        trusted = trustedProxies.compactMap { IPAddress($0)?.unmapped }
        self.hasTailnet = hasTailnet
    }

    /// Whether a proxy at `address` is trusted. The addresses of loopback are one: a proxy on this host that is told to
    /// connect to `localhost` comes from 127.0.0.1 or from ::1, as it happens.
    func trusts(_ address: IPAddress) -> Bool {
        trusted.contains { $0 == address || $0.isLoopback && address.isLoopback }
    }
}

extension GatewayConfiguration {
    /// What it says about where requests come from.
    public var originRules: OriginRules {
        OriginRules(
            trustedProxies: content.gateway.trustedProxies, hasTailnet: content.gateway.tailscale.mode != .off)
    }
}
